"""A copy's files: whole, only what is missing, and nothing of another's overwritten."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from nas_gan.errors import InputError
from nas_gan.maintenance.administration import delete_study, find_holdings, rename_study
from nas_gan.maintenance.copying import copy_study
from nas_gan.search.definition import load_study
from nas_gan.search.storage.artifacts import keep_picture
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.sharing import check_goes_on, sharers
from nas_gan.store.remote_folder import RemoteFolder


def _make(runs: Path) -> optuna.storages.RDBStorage:
    """A study of two trials with a folder and a picture each, beside another study."""
    storage = open_storage(str(runs / "studies.db"), create=True)
    for name in ("digits", "another"):
        study = optuna.create_study(study_name=name, storage=storage)
        for number in range(2):
            folder = runs / name / str(number)
            folder.mkdir(parents=True)
            (folder / "samples-1000.png").write_bytes(f"{name} {number}".encode())
            (folder / ".record.json.99").write_text("half written")
            trial = study.ask()
            keep_picture(trial, runs, folder / "samples-1000.png")
            study.tell(trial, number)
    return storage


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("studies.db"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_runs_and_pictures_come_along(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    source = _make(here)
    copied = copy_study("digits", source, open_storage(str(there / "studies.db"), create=True), here, there)
    assert (copied.trials, copied.running, copied.files) == (2, 0, 4)
    files = _files(there)
    assert {name for name in files if name.startswith("digits")} == {
        "digits/0/samples-1000.png",
        "digits/1/samples-1000.png",
    }
    assert sorted(files.values()) == [b"digits 0", b"digits 0", b"digits 1", b"digits 1"]
    assert files.items() <= _files(here).items()


def test_in_one_folder_no_file_is_copied(tmp_path: Path) -> None:
    source = _make(tmp_path)
    before = _files(tmp_path)
    other = open_storage(str(tmp_path / "studies.db2"), create=True)
    assert copy_study("digits", source, other, tmp_path, tmp_path / "." / "digits" / "..").files == 0
    assert {name: file for name, file in _files(tmp_path).items() if name in before} == before


def test_another_file_in_the_place_is_kept_and_nothing_copied(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    source = _make(here)
    target = open_storage(str(there / "studies.db"), create=True)
    (there / "digits" / "1").mkdir(parents=True)
    (there / "digits" / "1" / "samples-1000.png").write_text("of somebody else")
    before = _files(there)
    with pytest.raises(InputError, match=r"another file of this name already"):
        copy_study("digits", source, target, here, there)
    assert _files(there) == before
    assert target.get_all_studies() == []


def test_files_that_are_there_already_are_not_copied_again(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    source = _make(here)
    target = open_storage(str(there / "studies.db"), create=True)
    copy_study("digits", source, target, here, there)
    (there / "digits" / "0" / "samples-1000.png").unlink()
    optuna.delete_study(study_name="digits", storage=target)
    assert copy_study("digits", source, target, here, there).files == 1


def test_what_changed_since_a_copy_was_cut_short_is_copied_again(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    source = _make(here)
    target = open_storage(str(there / "studies.db"), create=True)
    copy_study("digits", source, target, here, there)
    optuna.delete_study(study_name="digits", storage=target)
    optuna.create_study(study_name=".digits.copying", storage=target)
    changed = here / "digits" / "1" / "samples-1000.png"
    changed.write_bytes(changed.read_bytes()[::-1])
    assert copy_study("digits", source, target, here, there).files == 1
    assert (there / "digits" / "1" / "samples-1000.png").read_bytes() == changed.read_bytes()
    assert [found.study_name for found in target.get_all_studies()] == ["digits"]


def test_a_file_that_a_worker_removes_meanwhile_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    source = _make(here)
    checkpoint = here / "digits" / "1" / "checkpoint-1.safetensors"
    checkpoint.write_text("soon gone")
    put = RemoteFolder.put

    def remove_first(self: RemoteFolder, path: Path, name: str) -> None:
        checkpoint.unlink(missing_ok=True)
        put(self, path, name)

    monkeypatch.setattr(RemoteFolder, "put", remove_first)
    target = open_storage(str(there / "studies.db"), create=True)
    assert copy_study("digits", source, target, here, there).files == 4
    assert not (there / "digits" / "1" / checkpoint.name).exists()


def test_runs_that_two_studies_share_outlive_either(tmp_path: Path) -> None:
    source = _make(tmp_path)
    other = open_storage(str(tmp_path / "other.db"), create=True)
    copy_study("digits", source, other, tmp_path, tmp_path)
    before = {name: content for name, content in _files(tmp_path).items() if "db" not in name}
    for storage in (source, other):
        with pytest.raises(InputError, match=r"runs are those of a copy in .*\.db, too"):
            rename_study(storage, "digits", "renamed", tmp_path)
        held = find_holdings(storage, load_study(storage, "digits"), tmp_path)
        assert (held.trials, held.files) == (2, 0)
    delete_study(source, "digits", tmp_path)
    assert before.items() <= _files(tmp_path).items()
    # The last one has them alone.
    rename_study(other, "digits", "renamed", tmp_path)
    assert find_holdings(other, load_study(other, "renamed"), tmp_path).files == 4
    delete_study(other, "renamed", tmp_path)
    assert not (tmp_path / "renamed").exists()


def test_of_studies_that_share_runs_the_last_copy_goes_on(tmp_path: Path) -> None:
    """Two would write the next trial into the same folder."""
    source = _make(tmp_path)
    copy, third = (open_storage(str(tmp_path / f"{name}.db"), create=True) for name in ("copy", "third"))
    check_goes_on(load_study(source, "digits"))
    copy_study("digits", source, copy, tmp_path, tmp_path)
    with pytest.raises(InputError, match=r"its copy in .*/copy\.db goes on with its runs"):
        check_goes_on(load_study(source, "digits"))
    check_goes_on(load_study(copy, "digits"))
    copy_study("digits", source, third, tmp_path, tmp_path)
    for storage in (source, copy):
        with pytest.raises(InputError, match=r"its copy in .*/third\.db goes on with its runs"):
            check_goes_on(load_study(storage, "digits"))
    check_goes_on(load_study(third, "digits"))
    # Each knows of the others, whichever goes first.
    for storage, left in ((source, 2), (third, 1), (copy, 0)):
        assert len(sharers(load_study(storage, "digits"))) == left
        assert (tmp_path / "digits" / "0").is_dir()
        delete_study(storage, "digits", tmp_path)
    assert not (tmp_path / "digits").exists()


def test_after_the_copy_is_deleted_the_source_goes_on(tmp_path: Path) -> None:
    source = _make(tmp_path)
    copy = open_storage(str(tmp_path / "copy.db"), create=True)
    for _ in range(2):
        copy_study("digits", source, copy, tmp_path, tmp_path)
        delete_study(copy, "digits", tmp_path)
        check_goes_on(load_study(source, "digits"))
    delete_study(source, "digits", tmp_path)
    assert not (tmp_path / "digits").exists()


def test_a_copy_with_runs_of_its_own_takes_them_along(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    source, shared = _make(here), open_storage(str(tmp_path / "shared.db"), create=True)
    copy_study("digits", source, shared, here, here)
    target = open_storage(str(there / "studies.db"), create=True)
    copy_study("digits", shared, target, here, there)
    delete_study(target, "digits", there)
    assert _files(there) == {}
    assert (here / "digits" / "0" / "samples-1000.png").exists()
