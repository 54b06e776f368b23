"""What a retry waits for, what it doesn't, and what it says."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from optuna.storages import get_storage
from sqlalchemy.exc import IntegrityError, OperationalError

from nas_gan.errors import InputError
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.worker_storage import WorkerStorage
from nas_gan.store import retry as module
from nas_gan.store.retry import Retry, TransientError, transient_cause


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.001)


def _failing(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


LOCKED = OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked"))


def test_it_says_so_once_and_when_it_is_over() -> None:
    said: list[str] = []
    assert Retry(said.append, lambda: None).call(_failing(4, LOCKED)) == "done"
    first, last = said
    assert first == "the database can't be used (database is locked); waiting, nothing is lost"
    assert re.fullmatch(r"goes on after \d+ seconds of waiting", last)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("no such study"),
        InputError("notes.txt: not a SQLite database", setting="storage"),
        InputError("/cache: can't be written (Read-only file system); choose a folder that can"),
        OperationalError("SELECT 1", {}, sqlite3.OperationalError("no such table: trials")),
        IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed")),
        FileNotFoundError(errno.ENOENT, "no such file", "samples.png"),
    ],
)
def test_what_never_comes_is_not_waited_for(error: Exception) -> None:
    with pytest.raises(type(error)):
        Retry(pytest.fail, lambda: None).call(_failing(1, error))


def test_a_wait_ends_when_the_worker_is_to_end() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Retry(lambda _: None, stop).call(_failing(1, LOCKED))


def test_a_limited_wait_ends_with_the_error() -> None:
    with pytest.raises(OperationalError):
        Retry(lambda _: None, lambda: None).call(_failing(99, LOCKED), limit_seconds=0.01)


def test_troubles_of_disks_are_known_from_every_library() -> None:
    assert transient_cause(OSError(errno.ENOSPC, "No space left on device", "a.png")) == (
        "a.png can't be used (No space left on device)"
    )
    wrapped = RuntimeError('IoError(Os { code: 28, message: "No space left on device" })')
    assert transient_cause(wrapped) == "a file can't be used (No space left on device)"
    internal = StorageInternalError("An exception is raised during the commit.")
    internal.__cause__ = LOCKED
    assert transient_cause(internal) == "the database can't be used (database is locked)"


def test_optuna_waits_while_the_database_is_away(tmp_path: Path) -> None:
    path, away = tmp_path / "studies.db", tmp_path / "away.db"
    storage = open_storage(str(path), create=True)
    optuna.create_study(study_name="study", storage=storage)
    said: list[str] = []

    def bring_back() -> None:
        if away.exists():
            path.rmdir()
            away.replace(path)

    patient = WorkerStorage(get_storage(storage), Retry(said.append, bring_back))
    study = optuna.load_study(study_name="study", storage=patient)
    trial = study.ask()
    storage.engine.dispose()
    path.replace(away)
    path.mkdir()
    trial.suggest_float("x", 0.0, 1.0)
    assert "can't be used" in said[0]
    trial.report(1.0, 1)
    study.tell(trial, 1.0)
    assert study.best_value == 1.0


def test_a_database_that_cannot_be_opened_is_waited_for(tmp_path: Path) -> None:
    path, away = tmp_path / "studies.db", tmp_path / "away.db"
    open_storage(str(path), create=True).engine.dispose()
    path.replace(away)
    path.mkdir()
    said: list[str] = []

    def bring_back() -> None:
        path.rmdir()
        away.replace(path)

    with pytest.raises(TransientError):
        open_storage(str(path), create=False)
    Retry(said.append, bring_back).call(lambda: open_storage(str(path), create=False))
    assert re.fullmatch(r"storage .*: can't be opened \(is a folder\); .*; waiting, nothing is lost", said[0])
