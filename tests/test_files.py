"""Files that are whole or absent, and what is left where a writer was killed."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest

from nas_gan.files import is_beside, name_beside, remove_half_written, whole_file, write_output, write_whole


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "first")
    write_whole(path, "sécond")
    assert path.read_bytes() == "sécond".encode()
    assert _names(tmp_path) == ["file"]


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"first")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_whole(path, bytes(1_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"first"
    assert _names(tmp_path) == ["file"]


def test_only_what_was_half_written_is_removed(tmp_path: Path) -> None:
    kept = ["file", ".hidden", ".nfs000000000012f3a800000001", "file.0123abcd", "record.json"]
    for name in [*kept, name_beside("record.json"), name_beside(".hidden")]:
        (tmp_path / name).write_bytes(b"hal")
    remove_half_written(tmp_path)
    assert _names(tmp_path) == sorted(kept)
    assert not any(is_beside(name) for name in kept)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    remove_half_written(tmp_path / "nowhere")


def test_a_full_disk_is_told_with_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")
    with pytest.raises(OSError, match="No space left") as caught, whole_file(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(path)
    assert path.read_text() == "before"


def test_what_a_user_names_is_written_where_that_leads(tmp_path: Path) -> None:
    (tmp_path / "there.html").touch()
    (tmp_path / "here.html").symlink_to("there.html")
    write_output(tmp_path / "here.html", "nu\udcff")
    assert (tmp_path / "there.html").read_bytes() == b"nu?"
    assert (tmp_path / "here.html").is_symlink()
    write_output(Path(os.devnull), "gone")
    assert not Path(os.devnull).is_file()
