from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest

from nas_gan.search.storage.database import open_storage, storage_url


def test_all_studies_are_listed(database: Path, run_command: Any) -> None:
    ended = run_command("status", "--storage", str(database))
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines if line[:1].isalpha()] == ["study", "digits", "young"]
    assert max(map(len, lines)) <= 80
    assert "none yet" in lines[-1]


def test_the_list_as_json_agrees_with_optuna(database: Path, run_command: Any) -> None:
    digits, young = json.loads(run_command("status", "--storage", str(database), "--json").out)
    study = optuna.load_study(study_name="digits", storage=storage_url(str(database)))
    assert (digits["name"], digits["metric"]) == ("digits", "fid")
    assert sum(digits["counts"].values()) == 10
    # Two were rejected, and are no trials that anybody has to see.
    assert len(study.trials) == 12
    assert digits["counts"]["complete"] == len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,)))
    assert digits["best_value"] == study.best_value
    assert (young["counts"], young["best_value"]) == ({}, None)


def test_one_study_shows_what_it_is_and_how_it_gets_on(database: Path, run_command: Any) -> None:
    out = run_command("status", "--study", "digits", "--storage", str(database)).out
    facts = {line[:13].strip(): line[13:].strip() for line in out.splitlines() if line[:1].strip()}
    assert facts["data"] == "mnist5k: 28×28, grey, 10 classes"
    assert facts["metric"] == "FID, smaller is better"
    assert facts["protocol"] == "classifier-1k"
    assert facts["budget"] == "9,000 images a trial, scored after 1,000, 3,000, 9,000"
    assert facts["trials"] == "3 complete, 7 pruned"
    assert facts["pruned"] == "70% of 10"
    assert "5 × poor FID after 1,000 images" in out
    assert "2 × the generator's loss is flat over … updates" in out
    assert facts["pace"].endswith("trials an hour")
    assert facts["time left"].endswith("for 10 more of 20 trials")
    assert max(map(len, out.splitlines())) <= 80


def test_one_study_as_json(database: Path, run_command: Any) -> None:
    facts = json.loads(run_command("status", "--study", "digits", "--storage", str(database), "--json").out)
    assert facts["definition"]["rungs"] == [1000, 3000, 9000]
    progress = facts["progress"]
    assert (progress["done"], progress["trials_asked"], progress["share_pruned"]) == (10, 20, 0.7)
    assert progress["seconds_left"] == pytest.approx(10 / progress["trials_per_hour"] * 3600)
    assert facts["best"]["trial"] in (0, 3, 6, 9)


def test_a_study_without_trials_is_no_error(database: Path, run_command: Any) -> None:
    out = run_command("status", "--study", "young", "--storage", str(database)).out
    assert "none yet" in out
    assert "not known before the first of 20 trials has ended" in out
    facts = json.loads(run_command("status", "--study", "young", "--storage", str(database), "--json").out)
    assert facts["best"] == {"trial": None, "value": None}


def test_another_programs_study_does_not_hide_ours(tmp_path: Path, make_study: Any, run_command: Any) -> None:
    path = tmp_path / "both.db"
    make_study(path, "digits", trials=1)
    optuna.create_study(study_name="foreign", storage=open_storage(str(path), create=False))
    listed = run_command("status", "--storage", str(path))
    assert listed.code == 0
    assert "\ndigits " in listed.out
    assert "not shown: study 'foreign'" in listed.out
    ended = run_command("status", "--study", "foreign", "--storage", str(path))
    assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_an_empty_database_says_how_to_start(tmp_path: Path, run_command: Any) -> None:
    path = tmp_path / "empty.db"
    open_storage(str(path), create=True)
    ended = run_command("status", "--storage", str(path))
    assert ended.code == 0
    assert "python -m nas_gan search" in ended.out
    assert json.loads(run_command("status", "--storage", str(path), "--json").out) == []


def test_status_imports_no_torch(database: Path) -> None:
    script = (
        "import sys\nfrom nas_gan.cli.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "print([name for name in ('torch', 'plotly') if name in sys.modules])"
    )
    arguments = ("status", "--study", "digits", "--storage", str(database))
    ended = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


# --- bad input, for every command that reads a study ---------------------------------------------

READERS = (
    ("status", "--study", "digits"),
    ("best", "--study", "digits"),
    ("plot", "--study", "digits", "-o", "page.html"),
)


def _fails(run_command: Any, *arguments: str) -> str:
    ended = run_command(*arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("error: ")
    return str(ended.err)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader[0])
def test_a_missing_database_is_not_made(
    reader: tuple[str, ...], tmp_path: Path, run_command: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "runs/studies.db" in _fails(run_command, *reader)
    assert "elsewhere/s.db" in _fails(run_command, *reader, "--storage", "elsewhere/s.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader[0])
def test_an_unknown_study_names_those_there_are(
    reader: tuple[str, ...], database: Path, run_command: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [*reader, "--storage", str(database)]
    arguments[2] = "digit"
    error = _fails(run_command, *arguments)
    assert "digit:" in error
    assert "digits, young" in error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader[0])
@pytest.mark.parametrize("damage", ["text", "torn", "empty", "foreign", "folder"])
def test_a_damaged_database_stays_as_it_is(
    reader: tuple[str, ...], damage: str, database: Path, run_command: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "studies.db"
    if damage == "text":
        path.write_text("this is not a database")
    elif damage == "torn":
        path.write_bytes(database.read_bytes()[:100] + b"\xff" * 20_000)
    elif damage == "empty":
        path.touch()
    elif damage == "foreign":
        with sqlite3.connect(path) as connection:
            connection.execute("create table photos (name text)")
        connection.close()
    else:
        path.mkdir()
    before = path.read_bytes() if path.is_file() else b""
    assert "studies.db" in _fails(run_command, *reader, "--storage", str(path))
    assert (path.read_bytes() if path.is_file() else b"") == before
    # SQLite's -wal and -shm live as long as this process has the database open.
    others = {found.name for found in tmp_path.iterdir()} - {"studies.db-wal", "studies.db-shm"}
    assert others == {"studies.db"}
