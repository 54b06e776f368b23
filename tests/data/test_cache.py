"""Where the cache is, and that readers never see half a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import pytest

from nas_gan.data import DataConfig, load_dataset
from nas_gan.data.cache import cache_folder, write_cache_file


def test_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_GAN_CACHE", "/somewhere/own")
    assert cache_folder() == Path("/somewhere/own")
    monkeypatch.delenv("NAS_GAN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/shared")
    assert cache_folder() == Path("/somewhere/shared/nas_gan")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/somewhere/home")
    assert cache_folder() == Path("/somewhere/home/.cache/nas_gan")


def test_file_is_complete_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"

    def fail_half_way(file: IO[bytes]) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_cache_file(path, fail_half_way)
    assert list(path.parent.iterdir()) == []

    def write_whole(file: IO[bytes]) -> None:
        file.write(b"whole")
        assert not path.exists()

    write_cache_file(path, write_whole)
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def run_out_of_space(file: IO[bytes]) -> None:
        file.write(b"new")
        raise OSError(28, "No space left on device")

    write_cache_file(path, run_out_of_space)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_forbidden_cache_folder_only_means_no_caching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = tmp_path / "forbidden"
    forbidden.mkdir(mode=0)
    monkeypatch.setenv("NAS_GAN_CACHE", str(forbidden / "cache"))
    assert load_dataset(DataConfig()).train.count == 4000
    forbidden.chmod(0o700)
    assert list(forbidden.iterdir()) == []
