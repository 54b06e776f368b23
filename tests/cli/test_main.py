"""The program as a whole: help, exit codes, and one line for whatever goes wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nas_gan.cli.common import parse_count, parse_duration
from nas_gan.errors import InputError

COMMANDS = (
    "search",
    "worker",
    "spaces",
    "status",
    "best",
    "rerun",
    "explain",
    "trials",
    "show",
    "report",
    "watch",
    "plot",
    "draw",
    "train",
    "evaluate",
    "sample",
    "neighbours",
    "interpolate",
    "crossval",
    "reproduce",
    "export",
    "push",
    "studies",
)
IMPORTS_AFTER_HELP = """
import sys
from nas_gan.cli.main import app
for arguments in ([], *([command] for command in sys.argv[1:])):
    app([*arguments, "--help"], standalone_mode=False)
print("HEAVY", [name for name in ("torch", "optuna", "plotly", "numpy", "sqlalchemy") if name in sys.modules])
"""
ODD_SPACES = """
import optuna

def interrupts(trial):
    raise KeyboardInterrupt

def breaks(trial):
    raise optuna.exceptions.StorageInternalError("first line\\nsecond line")
"""


def _python(
    *arguments: str, folder: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "80", **variables}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
        encoding="latin-1",
    )


def test_help_imports_nothing_heavy() -> None:
    ended = _python("-c", IMPORTS_AFTER_HELP, *COMMANDS)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_fits_80_columns_and_has_an_example(command: str | None, run_command: Any) -> None:
    ended = run_command(*([command] if command else []), "--help")
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 80
    assert f"python -m nas_gan {command or 'search'}" in ended.out
    assert re.search(r"^  Examples?:$", ended.out, re.MULTILINE)


def test_a_description_of_each_command_fits_its_line(run_command: Any) -> None:
    out = run_command("--help").out
    listed = out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert not any(line.endswith("...") for line in listed)


def test_the_version_is_the_packages(run_command: Any) -> None:
    ended = run_command("--version")
    assert (ended.code, ended.out) == (0, "nas-gan 0.1.0\n")


def test_no_command_shows_the_help_and_is_bad_input(run_command: Any) -> None:
    ended = run_command()
    assert ended.code == 2
    assert "Commands:" in ended.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["serach"], "serach"),
        (["best", "a", "--study", "b"], "--study b"),
        (["best", "--study", "a", "-n", "many"], "-n"),
        (["best", "--study", "a", "-n", "0"], "-n 0"),
        (["status", "--stduy", "a"], "--stduy"),
        (["spaces", "one", "two"], "two"),
        (["plot", "--study"], "--study"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_2(
    arguments: list[str], named: str, run_command: Any
) -> None:
    ended = run_command(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert re.fullmatch(r"error: .+\n", ended.err)
    assert named in ended.err


def test_the_interrupt_key_ends_with_130(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(ODD_SPACES)
    ended = _python("-m", "nas_gan", "spaces", "odd:interrupts", folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (130, "error: interrupted\n")


def test_an_unexpected_error_is_one_line_unless_the_traceback_is_asked_for(
    tmp_path: Path, run_command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd_too.py").write_text(ODD_SPACES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("NAS_GAN_TRACEBACK", raising=False)
    ended = run_command("spaces", "odd_too:breaks")
    assert ended.code == 1
    assert ended.err == (
        "error: internal: StorageInternalError: first line second line (NAS_GAN_TRACEBACK=1 shows where)\n"
    )
    monkeypatch.setenv("NAS_GAN_TRACEBACK", "1")
    ended = run_command("spaces", "odd_too:breaks")
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert ended.err.endswith("error: internal: StorageInternalError: first line second line\n")


def test_a_reader_that_stops_early_is_no_reason_to_complain() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nas_gan", "spaces", "--schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_output_that_a_terminal_can_not_show_is_replaced() -> None:
    ended = _python("-m", "nas_gan", "spaces", "tiny", PYTHONIOENCODING="latin-1")
    assert ended.returncode == 0
    assert "1×28×28" in ended.stdout
    assert "?transposed" in ended.stdout


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("60000", 60_000),
        ("60_000", 60_000),
        ("20k", 20_000),
        ("2M", 2_000_000),
        ("1.5m", 1_500_000),
        ("1G", 10**9),
    ],
)
def test_counts_are_read(text: str, count: int) -> None:
    assert parse_count(text, "--images") == count


@pytest.mark.parametrize(
    "text", ["0", "-5", "1.5", "1.0001k", "20x", "k", "", "nan", "inf", "1e6", "2 k 3", "٣k"]
)
def test_what_is_no_count_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(InputError, match=rf"^--images {re.escape(text.strip())}"):
        parse_count(text, "--images")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("10 min", 600.0), ("1.5h", 5400.0), ("2d", 172_800.0)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text, "--timeout") == seconds


@pytest.mark.parametrize("text", ["0", "-1", "ten", "10y", "", "nan", "1h30", "9" * 400])
def test_what_is_no_duration_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(InputError, match=rf"^--timeout {re.escape(text)}"):
        parse_duration(text, "--timeout")


def test_a_command_that_is_misspelt_is_guessed(run_command: Any) -> None:
    assert "Did you mean 'search'?" in run_command("serach").err


def test_a_shell_completes_commands() -> None:
    script = "import sys; sys.argv = ['nas-gan']; from nas_gan.cli.main import run; run()"
    words = {"_NAS_GAN_COMPLETE": "complete_bash", "COMP_WORDS": "nas-gan sta", "COMP_CWORD": "1"}
    assert _python("-c", script, folder=None, **words).stdout.split() == ["status"]
