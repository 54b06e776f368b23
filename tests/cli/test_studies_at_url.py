"""`studies` where the runs are at a URL: on a file system that moves folders, and on one that can't."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from fsspec.implementations.memory import MemoryFileSystem
from safetensors.torch import save_file

from nas_gan.runs.record import RECORD_FILE, WEIGHTS_FILE, write_record
from nas_gan.search.catalogue import read_trials
from nas_gan.search.definition import STORED_SETTINGS, load_study
from nas_gan.search.storage.database import open_storage
from nas_gan.store.mirror import fetch_run, local_folder
from nas_gan.store.remote_folder import RemoteFolder, open_remote

DATABASE = "there.db"
Studies = Callable[..., Any]


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file://{tmp_path}/there" if request.param == "file" else f"memory://{uuid.uuid4().hex}/runs"


@pytest.fixture
def studies(run_command: Any) -> Studies:
    """Runs a command of `studies`, which has to end with `code`, and gives what it prints."""

    def run(*arguments: str, code: int = 0) -> Any:
        ended = run_command("studies", *arguments, "--json")
        assert ended.code == code, ended.err
        return json.loads(ended.out) if ended.out else ended.err

    return run


@pytest.fixture
def there(
    url: str, tmp_path: Path, make_study: Any, monkeypatch: pytest.MonkeyPatch, studies: Studies
) -> RemoteFolder:
    """The place of the study `digits`, whose database is `there.db`, beside a file of another."""
    monkeypatch.chdir(tmp_path)
    made = make_study(tmp_path / "runs" / "studies.db", "digits", trials=8)
    made.set_user_attr(STORED_SETTINGS, {"out": str(tmp_path / "runs")})
    for trial in read_trials(made):
        if trial.record is not None and trial.record.rungs:
            run = tmp_path / "runs" / "digits" / str(trial.number)
            run.mkdir(parents=True)
            write_record(run, trial.record)
            save_file({"weight": torch.ones(2, 3), "bias": torch.ones(3)}, run / WEIGHTS_FILE)
    studies("copy", "digits", "--from", "runs/studies.db", "--to", DATABASE, "--to-out", url)
    place = open_remote(url)
    (tmp_path / "file").write_text("of another")
    place.put(tmp_path / "file", "digits-2/0/file")
    return place


def _out(database: str) -> str:
    return str(load_study(open_storage(database, create=False), "digits").user_attrs[STORED_SETTINGS]["out"])


def _files(place: RemoteFolder) -> dict[str, bytes]:
    folder = place.within("digits")
    return {name: folder.read(name) for name in folder.names()}


def test_a_copy_goes_there_and_back_and_elsewhere(
    there: RemoteFolder, url: str, tmp_path: Path, studies: Studies
) -> None:
    local = {
        path.relative_to(tmp_path / "runs" / "digits").as_posix(): path.read_bytes()
        for path in (tmp_path / "runs" / "digits").rglob("*")
        if path.is_file()
    }
    assert _files(there) == local
    assert _out(DATABASE) == url
    assert studies("verify", "--storage", DATABASE) == []

    same = studies("copy", "digits", "--from", DATABASE, "--to", "same/studies.db")
    assert (same["files"], _out("same/studies.db")) == (0, url)
    back = studies("copy", "digits", "--from", DATABASE, "--to", "back/studies.db", "--to-out", "back")
    assert (back["files"], _out("back/studies.db")) == (len(local), str(tmp_path / "back"))
    assert studies("verify", "--storage", "back/studies.db") == []
    other = f"memory://{uuid.uuid4().hex}"
    again = studies("copy", "digits", "--from", DATABASE, "--to", "other.db", "--to-out", other)
    assert (again["files"], _files(open_remote(other))) == (len(local), local)


def test_what_is_wrong_there_is_found_and_mended(
    there: RemoteFolder, url: str, tmp_path: Path, studies: Studies
) -> None:
    folder = there.within("digits")
    before = folder.read(f"0/{RECORD_FILE}")
    folder.remove(f"0/{RECORD_FILE}")
    (tmp_path / "torn").write_bytes(folder.read(f"3/{WEIGHTS_FILE}")[:-4])
    folder.put(tmp_path / "torn", f"3/{WEIGHTS_FILE}")
    folder.put(tmp_path / "torn", "99/file")
    (tmp_path / "other.json").write_bytes(
        folder.read(f"3/{RECORD_FILE}").replace(b'"seed": 0', b'"seed": 1', 1)
    )
    folder.put(tmp_path / "other.json", f"6/{RECORD_FILE}")

    told = studies("verify", "digits", "--storage", DATABASE, "--mend", code=1)
    moves = there.can_move
    assert [(found["kind"], found["trial"], found["mended"]) for found in told] == [
        ("orphan", 99, moves),
        ("record", 0, True),
        ("record", 6, True),
        ("weights", 3, False),
    ]
    assert all(url in found["problem"] for found in told)
    assert folder.read(f"0/{RECORD_FILE}") == before
    assert folder.exists(f"6/before-{RECORD_FILE}")
    assert folder.exists("orphaned/99/file" if moves else "99/file")
    left = studies("verify", "--storage", DATABASE, code=1)
    assert [found["kind"] for found in left] == ([] if moves else ["orphan"]) + ["weights"]


def test_a_study_is_deleted_there_alone_and_from_the_cache(
    there: RemoteFolder, url: str, tmp_path: Path, studies: Studies
) -> None:
    fetched, scratch = fetch_run(url, "digits", 0), local_folder(url) / "digits" / "0"
    scratch.mkdir(parents=True)
    files = there.within("digits").names()
    deleted = studies("delete", "digits", "--storage", DATABASE, "--yes")
    assert (deleted["files"], deleted["bytes"]) == (len(files), sum(files.values()))
    assert there.names() == {"digits-2/0/file": 10}
    assert not fetched.exists()
    assert not scratch.exists()


def test_a_study_is_renamed_where_folders_can_be_moved(
    there: RemoteFolder, url: str, tmp_path: Path, studies: Studies
) -> None:
    before = there.within("digits").names()
    if there.can_move:
        assert "digits-2" in studies("rename", "digits", "digits-2", "--storage", DATABASE, code=2)
        studies("rename", "digits", "first", "--storage", DATABASE)
        assert there.within("first").names() == before
        assert studies("verify", "first", "--storage", DATABASE) == []
    else:
        said = studies("rename", "digits", "first", "--storage", DATABASE, code=2)
        assert "can't rename a folder" in said
        assert studies("verify", "digits", "--storage", DATABASE) == []
    assert there.within("digits").names() == ({} if there.can_move else before)


def test_a_place_that_is_away_is_told_and_nothing_is_changed(
    there: RemoteFolder, tmp_path: Path, studies: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise TimeoutError("no answer")

    with monkeypatch.context() as away:
        for kind in (type(there.system), MemoryFileSystem):
            for method in ("find", "ls", "mv"):
                away.setattr(kind, method, refuse)
        (told,) = studies("verify", "digits", "--storage", DATABASE, code=1)
        assert (told["kind"], told["mendable"]) == ("place", False)
        assert "no answer" in told["problem"]
        for command in (
            ("delete", "digits", "--yes", "--storage", DATABASE),
            ("rename", "digits", "first", "--storage", DATABASE),
            ("copy", "digits", "--from", DATABASE, "--to", "new.db", "--to-out", "new"),
        ):
            assert studies(*command, code=2).count("\n") == 1
    assert studies("verify", "--storage", DATABASE) == []
