"""`studies`: keeping what was found."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch
from safetensors.torch import save_file

from nas_gan.jobs.owner import this_process
from nas_gan.runs.record import RECORD_FILE, WEIGHTS_FILE, load_record, write_record
from nas_gan.search.attendance import attending, seats_of
from nas_gan.search.catalogue import read_trials
from nas_gan.search.definition import STORED_SETTINGS, load_study
from nas_gan.search.storage.database import open_storage


@pytest.fixture
def runs(tmp_path: Path, make_study: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a search leaves it: a database with the study `digits`, and a folder a trained trial."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    for trial in read_trials(make_study(folder / "studies.db", "digits", trials=8)):
        if trial.record is not None and trial.record.rungs:
            run = folder / "digits" / str(trial.number)
            run.mkdir(parents=True)
            write_record(run, trial.record)
            save_file({"weight": torch.ones(2, 3), "bias": torch.ones(3)}, run / WEIGHTS_FILE)
    return folder


def _names(path: Path | str = "runs/studies.db") -> list[str]:
    return optuna.get_all_study_names(open_storage(str(path), create=False))


def _verify(run_command: Any, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    ended = run_command("studies", "verify", *arguments, "--json")
    return ended.code, json.loads(ended.out)


def test_without_a_command_there_is_help(run_command: Any) -> None:
    ended = run_command("studies")
    assert ended.code == 2
    for name in ("rename", "delete", "copy", "verify"):
        assert f"  {name} " in ended.out
        explained = run_command("studies", name, "--help")
        assert explained.code == 0
        assert f"python -m nas_gan studies {name}" in explained.out


def test_a_study_is_renamed_with_its_folder(runs: Path, run_command: Any) -> None:
    before = {path.relative_to(runs / "digits") for path in (runs / "digits").rglob("*")}
    trials = load_study(open_storage("runs/studies.db", create=False), "digits").trials
    assert run_command("studies", "rename", "digits", "first try").code == 0
    assert _names() == ["first try"]
    assert load_study(open_storage("runs/studies.db", create=False), "first try").trials == trials
    assert {path.relative_to(runs / "first try") for path in (runs / "first try").rglob("*")} == before
    assert not (runs / "digits").exists()
    assert _verify(run_command) == (0, [])


@pytest.mark.parametrize("name", ["a/b", ".hidden", " ", "young", "kept"])
def test_a_name_that_cannot_be_is_refused(name: str, runs: Path, make_study: Any, run_command: Any) -> None:
    make_study(runs / "studies.db", "young", trials=0)
    (runs / "kept").mkdir()
    ended = run_command("studies", "rename", "digits", name)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert _names() == ["digits", "young"]
    assert (runs / "digits").is_dir()


@pytest.mark.parametrize("command", [("rename", "digits", "other"), ("delete", "digits", "--yes")])
def test_a_study_that_is_running_is_not_renamed_or_deleted(
    runs: Path, run_command: Any, command: tuple[str, ...]
) -> None:
    load_study(open_storage("runs/studies.db", create=False), "digits").ask()
    ended = run_command("studies", *command)
    assert ended.code == 2
    assert "1 of its trials" in ended.err
    assert _names() == ["digits"]
    assert (runs / "digits").is_dir()


@pytest.mark.parametrize("command", [("rename", "digits", "other"), ("delete", "digits", "--yes")])
def test_a_study_that_somebody_is_at_between_two_trials_is_not_renamed_or_deleted(
    runs: Path, run_command: Any, command: tuple[str, ...]
) -> None:
    with attending(load_study(open_storage("runs/studies.db", create=False), "digits")):
        ended = run_command("studies", *command)
        assert (ended.code, ended.out) == (2, "")
        assert f"a search or worker is at it (process {os.getpid()} on " in ended.err
        assert _names() == ["digits"]
    assert run_command("studies", *command).code == 0


def test_a_seat_that_nobody_has_any_more_keeps_no_study(
    runs: Path, run_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = seats_of(load_study(open_storage("runs/studies.db", create=False), "digits"))
    assert seats is not None
    gone = replace(this_process(), began="long ago")
    monkeypatch.setattr("nas_gan.jobs.queue.this_process", lambda: gone)
    seats.lease("token", 1)
    # Nor is it copied as a trial, or counted as one.
    assert run_command("studies", "copy", "digits", "--from", "runs/studies.db", "--to", "c.db").code == 0
    copied = seats_of(load_study(open_storage("c.db", create=False), "digits"))
    assert copied is not None
    assert copied.all() == []
    assert run_command("studies", "delete", "digits", "--yes").code == 0


def test_a_study_of_others_that_is_named_like_another_folder_is_left_alone(
    runs: Path, run_command: Any
) -> None:
    victim = runs.parent / "victim"
    victim.mkdir()
    (victim / "precious.txt").touch()
    optuna.create_study(study_name="../victim", storage=open_storage("runs/studies.db", create=False))
    for command in (
        ("studies", "delete", "../victim", "--yes"),
        ("studies", "rename", "../victim", "mine"),
        ("status", "../victim"),
    ):
        ended = run_command(*command)
        assert (ended.code, "can't name a study" in ended.err) == (2, True)
    assert (victim / "precious.txt").is_file()
    code, problems = _verify(run_command)
    assert (code, [found["kind"] for found in problems]) == (1, ["database"])


def test_deleting_asks_first(runs: Path, run_command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = run_command("studies", "delete", "digits")
    assert nobody.code == 2
    assert "--yes" in nobody.err
    for answer, code, left in (("n\n", 1, ["digits"]), ("\n", 1, ["digits"]), ("y\n", 0, [])):
        terminal = io.StringIO(answer)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", terminal)
        ended = run_command("studies", "delete", "digits")
        assert ended.code == code
        assert "8 trials" in ended.err
        assert _names() == left
        assert (runs / "digits").is_dir() == bool(left)


def test_deleting_takes_one_study_and_its_files_alone(runs: Path, make_study: Any, run_command: Any) -> None:
    make_study(runs / "studies.db", "young", trials=2)
    (runs / "young").mkdir()
    ended = run_command("studies", "delete", "digits", "--yes", "--json")
    assert json.loads(ended.out)["trials"] == 8
    assert _names() == ["young"]
    assert (runs / "young").is_dir()
    assert not (runs / "digits").exists()
    assert len(load_study(open_storage("runs/studies.db", create=False), "young").trials) == 2


def test_a_copy_is_a_backup(runs: Path, run_command: Any) -> None:
    ended = run_command("studies", "copy", "digits", "--from", "runs/studies.db", "--to", "backup/studies.db")
    assert ended.code == 0
    assert "8 trials" in ended.out
    assert _verify(run_command, "--storage", "backup/studies.db") == (0, [])
    shown = run_command("best", "--study", "digits").out
    assert run_command("best", "--study", "digits", "--storage", "backup/studies.db").out == shown
    again = run_command("studies", "copy", "digits", "--from", "runs/studies.db", "--to", "backup/studies.db")
    assert (again.code, again.err.count("\n")) == (2, 1)
    missing = run_command("studies", "copy", "digit", "--from", "runs/studies.db", "--to", "new.db", "--json")
    assert missing.code == 2


def test_a_study_is_looked_for_where_it_says_it_is(
    runs: Path, tmp_path: Path, make_study: Any, run_command: Any
) -> None:
    """A study whose runs aren't beside its database, and one that came with its folder from another machine."""
    load_study(open_storage("runs/studies.db", create=False), "digits").set_user_attr(
        STORED_SETTINGS, {"out": str(tmp_path / "elsewhere")}
    )
    assert _verify(run_command) == (0, [])
    (runs / "digits").rename(tmp_path / "moved")
    assert _verify(run_command)[0] == 1
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "moved").rename(tmp_path / "elsewhere" / "digits")
    assert _verify(run_command) == (0, [])
    assert run_command("studies", "rename", "digits", "first").code == 0
    assert (tmp_path / "elsewhere" / "first").is_dir()
    # A copy that is to use the same runs; by itself it would get its own, beside its file.
    copy = ("studies", "copy", "first", "--from", "runs/studies.db", "--to", "sqlite:///copy.db")
    ended = run_command(*copy, "--to-out", "elsewhere")
    assert (ended.code, "files" in ended.out) == (0, False)
    assert _verify(run_command, "--storage", "copy.db") == (0, [])
    # They are the copy's now, too.
    ended = run_command("studies", "delete", "first", "--yes")
    assert (ended.code, "elsewhere/first stays, for the copy in " in ended.out) == (0, True)
    assert _verify(run_command, "--storage", "copy.db") == (0, [])


def test_a_sound_study_has_no_problems(runs: Path, run_command: Any) -> None:
    ended = run_command("studies", "verify")
    assert (ended.code, ended.out) == (0, "No problems.\n")
    assert _verify(run_command, "digits") == (0, [])


@pytest.mark.parametrize("damage", ["missing", "torn", "another"])
def test_a_record_is_mended_from_the_database(damage: str, runs: Path, run_command: Any) -> None:
    path = runs / "digits" / "0" / RECORD_FILE
    record, whole = load_record(path.parent), path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        path.write_text(record.model_copy(update={"seed": record.seed + 1}).to_json())
    code, problems = _verify(run_command)
    assert code == 1
    assert [(found["kind"], found["trial"], found["mended"]) for found in problems] == [("record", 0, False)]
    code, problems = _verify(run_command, "--mend")
    assert code == 0
    assert [found["mended"] for found in problems] == [True]
    assert path.read_bytes() == whole
    assert (path.parent / f"before-{RECORD_FILE}").exists() == (damage != "missing")
    assert _verify(run_command) == (0, [])


@pytest.mark.parametrize("damage", ["missing", "torn", "longer", "empty"])
def test_lost_weights_are_told_and_stay_a_problem(damage: str, runs: Path, run_command: Any) -> None:
    path = runs / "digits" / "3" / WEIGHTS_FILE
    if damage == "missing":
        path.unlink()
    else:
        whole = path.read_bytes()
        path.write_bytes({"torn": whole[:-4], "longer": whole + b"0", "empty": b""}[damage])
    for arguments in ((), ("--mend",)):
        code, problems = _verify(run_command, "digits", *arguments)
        assert code == 1
        assert [(found["kind"], found["trial"], found["mendable"]) for found in problems] == [
            ("weights", 3, False)
        ]
        assert "train digits:3" in problems[0]["remedy"]


def test_problems_are_lines_and_a_verdict(runs: Path, run_command: Any) -> None:
    (runs / "digits" / "0" / RECORD_FILE).unlink()
    (runs / "digits" / "3" / WEIGHTS_FILE).unlink()
    (runs / "digits" / "99").mkdir()
    told = run_command("studies", "verify").out.splitlines()
    assert told[-1] == "3 problems, 2 of which --mend would mend."
    assert [line.split()[0] for line in told[:-1]] == ["digits:99", "digits:0", "digits:3"]
    mended = run_command("studies", "verify", "--mend")
    assert mended.code == 1
    assert mended.out.splitlines()[-1] == "3 problems, 2 mended."
    assert (runs / "digits" / "orphaned" / "99").is_dir()
