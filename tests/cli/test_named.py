"""Which study, and which run, a command means: one name for each, the same everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from nas_gan.cli.main import app
from nas_gan.cli.named import complete_study
from nas_gan.runs.record import write_record
from nas_gan.search.catalogue import rank


@pytest.fixture
def alone(tmp_path: Path, make_study: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with runs/studies.db, whose only study is `digits`; the best trial has its folder."""
    monkeypatch.chdir(tmp_path)
    best = rank(make_study(tmp_path / "runs" / "studies.db", "digits", trials=4))[0]
    folder = tmp_path / "runs" / "digits" / str(best.number)
    folder.mkdir(parents=True)
    assert best.record is not None
    write_record(folder, best.record)
    (folder / "generator.safetensors").touch()
    return folder


def test_the_only_study_need_not_be_named(alone: Path, run_command: Any) -> None:
    for command in ("best", "status"):
        named = [run_command(command, *name, "--json") for name in (["digits"], ["--study", "digits"])]
        assert [ended.code for ended in named] == [0, 0]
        assert named[0].out == named[1].out
    assert run_command("best").out == run_command("best", "digits").out
    ended = run_command("plot", "-o", "page.html", "--json")
    assert json.loads(ended.out) == {"file": "page.html", "study": "digits", "runs": []}
    assert "<title>Study digits</title>" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [["best"], ["plot"], ["export", "-o", "b"], ["worker"]])
def test_of_several_studies_one_is_named(command: list[str], database: Path, run_command: Any) -> None:
    ended = run_command(*command, "--storage", str(database))
    assert (ended.code, ended.err) == (2, "error: which study? name one of digits, young\n")
    ended = run_command(*command, "digits", "--study", "young", "--storage", str(database))
    assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_runs_are_named_as_studies_and_trials_everywhere(alone: Path, run_command: Any) -> None:
    run = f"digits:{alone.name}"
    page = run_command("plot", "digits:best", "-o", "page.html")
    assert (page.code, page.err) == (0, "")
    assert f"<h1>Run {run}</h1>" in Path("page.html").read_text(encoding="utf-8")
    ended = run_command("crossval", run)
    assert f"runs/digits/{alone.name}: holds no discriminator.safetensors" in ended.err
    for name in (run, "digits:best", str(alone)):
        shown = run_command("spaces", name)
        assert (shown.code, shown.err) == (0, "")
        assert "1×28×28, 10 classes" in shown.out
        assert "generator: latent" in shown.out
        assert len(json.loads(run_command("spaces", name, "--json").out)["samples"]) == 1
    assert "no such trial" in run_command("spaces", "digits:99").err
    assert "leave it out" in run_command("spaces", run, "--resolution", "32").err


def test_the_shell_completes_names_of_studies(database: Path) -> None:
    context = typer.Context(typer.main.get_command(app))
    context.params = {"storage": str(database)}
    assert complete_study(context, "d") == ["digits"]
    context.params = {"storage": "nowhere.db"}
    assert complete_study(context, "") == []
