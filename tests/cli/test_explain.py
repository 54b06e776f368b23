"""`explain` says what options are worth, in words, as JSON and as a page; scores that aren't numbers are left out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

import nas_gan
from nas_gan.explain.effects import value_of_label
from nas_gan.explain.study import explain_study
from nas_gan.space import load_space
from nas_gan.spec import Image


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory, make_study: Callable[..., optuna.Study]) -> Path:
    """A database with a study of twenty trials, and one more whose score wasn't a number."""
    path = tmp_path_factory.mktemp("explained") / "studies.db"
    study = make_study(path, "digits", trials=20)
    trial = study.ask()
    load_space("tiny").fill(trial, Image(channels=1, resolution=28, classes=10))
    trial.report(math.nan, 1000)
    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    return path


def test_a_study_is_explained(searched: Path, run_command: Any, tmp_path: Path) -> None:
    where = ("digits", "--storage", str(searched))
    page = tmp_path / "page.html"
    shown = run_command("explain", *where, "-n", "2", "-o", str(page), columns=200)
    assert shown.code == 0, shown.err
    first, one, other, *_ = shown.out.splitlines()
    assert first == "From 16 trials, after 1,000 images each:"
    assert "optimisers.generator.learning_rate" in one + other
    told = json.loads(run_command("explain", *where, "--json").out)
    assert (told["study"], told["metric"], told["images"], told["trials"]) == ("digits", "fid", 1000, 16)
    assert one.startswith(f"{told['effects'][0]['hole']}: {told['effects'][0]['value']} instead of ")
    assert one in page.read_text()


def test_a_value_that_was_tried_stands_for_each_change_of_the_best(searched: Path) -> None:
    explanation = explain_study(nas_gan.load_study("digits", storage=str(searched)).optuna)
    changes = explanation.changes_of_best()
    assert changes
    for change in changes:
        value = value_of_label(explanation.cases, change.hole, change.value)
        assert any(case.holes.get(change.hole) == value for case in explanation.cases)


def test_a_young_study_is_refused(database: Path, run_command: Any) -> None:
    ended = run_command("explain", "young", "--storage", str(database))
    assert ended.code == 2
    assert "0 trials have reached its first rung, and it takes 12" in ended.err
