"""What is printed: nothing that a terminal would obey, and no wider than it is."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
import pytest

from nas_gan.cli.common import print_json, print_lines, quiet_console
from nas_gan.search.storage.database import open_storage

EVIL = "\x1b]0;owned\x07\nerror: fake"


def test_names_from_elsewhere_do_nothing_to_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines([EVIL])
    quiet_console(stderr=False).print(EVIL)
    quiet_console(stderr=True).print(f"trial {EVIL}", soft_wrap=True)
    print_json({EVIL: "a\x9b31mb\x7f", "plain": "ü → ×"})
    said = "".join(capsys.readouterr())
    assert set(said) - {c for c in said if c.isprintable()} == {"\n"}
    assert not any(line.startswith("error") for line in said.splitlines())
    assert "ü → ×" in said


def test_json_keeps_what_it_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"evil": "a\x9b31mb\x7f", "surrogate": "\ud800", "far": "\U000e0001"}
    print_json(values)
    assert json.loads(capsys.readouterr().out) == values


def test_times_in_json_have_their_zone(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": datetime(2026, 11, 24, 5, 39, 46)})
    at = json.loads(capsys.readouterr().out)["at"]
    assert datetime.fromisoformat(at) == datetime(2026, 11, 24, 5, 39, 46).astimezone()
    assert at.startswith("2026-11-24T05:39:46")


def test_a_study_of_others_is_named_harmlessly(tmp_path: Path, run_command: Any) -> None:
    path = str(tmp_path / "studies.db")
    optuna.create_study(study_name=EVIL, storage=open_storage(path, create=True))
    for command in (["status"], ["studies", "verify"], ["best"]):
        ended = run_command(*command, "--storage", path)
        assert "\x1b" not in ended.out + ended.err
        assert "\nerror: fake" not in ended.out


@pytest.mark.parametrize("width", [40, 60])
def test_a_ranking_leaves_out_columns_that_have_no_room(width: int, database: Path, run_command: Any) -> None:
    ended = run_command("best", "digits", "--storage", str(database), columns=width)
    lines = ended.out.splitlines()
    assert "trial" in lines[0]
    assert "…" not in ended.out
    assert max(map(len, lines)) <= max(width, 20)
