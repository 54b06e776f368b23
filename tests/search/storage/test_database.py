"""The database: made only when asked, refused in one line, and safe for several processes."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import optuna
import pytest

from nas_gan.errors import InputError
from nas_gan.search.storage.database import open_storage
from nas_gan.store.retry import TransientError


def test_reading_makes_no_database(tmp_path: Path) -> None:
    path = tmp_path / "studies.db"
    with pytest.raises(InputError, match="no studies yet"):
        open_storage(str(path), create=False)
    assert not path.exists()


@pytest.mark.parametrize("storage", ["nonsense://place", "postgresql+nodriver://host/db"])
def test_an_unknown_address_is_refused(storage: str) -> None:
    with pytest.raises(InputError, match="not a database address"):
        open_storage(storage, create=True)


def test_another_file_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a database")
    with pytest.raises(InputError, match="not a SQLite database"):
        open_storage(str(path), create=True)
    assert path.read_text() == "these are notes, not a database"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't"):
        open_storage(str(tmp_path / "file" / "studies.db"), create=True)


def test_no_waiting_trial_goes_to_two_takers(tmp_path: Path) -> None:
    path = str(tmp_path / "studies.db")
    study = optuna.create_study(study_name="study", storage=open_storage(path, create=True))
    wanted = 24
    for index in range(wanted):
        study.enqueue_trial({"x": float(index)})

    def take(_: int) -> list[float]:
        own = optuna.load_study(study_name="study", storage=open_storage(path, create=False))
        taken = []
        for _ in range(wanted // 4):
            trial = own.ask()
            taken.append(trial.suggest_float("x", 0.0, 100.0))
            own.tell(trial, 0.0)
        return taken

    with ThreadPoolExecutor(4) as takers:
        taken = [x for each in takers.map(take, range(4)) for x in each]
    assert sorted(taken) == [float(index) for index in range(wanted)]


def test_a_missing_driver_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[postgres\]'") as caught:
        open_storage("postgresql://me:secret@host/studies", create=True)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("storage", ["sqlite://", "sqlite:///:memory:", "postgresql://me:a@b@host/studies"])
def test_an_address_that_would_be_misunderstood_is_refused(storage: str) -> None:
    with pytest.raises(InputError, match=r"not a file|written %40"):
        open_storage(storage, create=True)


def test_making_a_database_leaves_nothing_else(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "deep" / "studies.db"), create=True)
    storage.engine.dispose()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["studies.db"]


def test_where_nothing_may_be_written_a_copy_is_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "studies.db"
    open_storage(str(path), create=True).engine.dispose()
    # What SQLite needs beside the file can't be made there; that of a read-only medium, too.
    (tmp_path / "studies.db-wal").unlink(missing_ok=True)
    (tmp_path / "studies.db-wal").mkdir()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(TransientError, match=r"nothing can be written there: copy the file, with its -wal"):
        open_storage(str(path), create=False)
