"""A running search as it is shown: a live table on a terminal, and plain lines elsewhere."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from nas_gan.api.events import Message
from nas_gan.api.search_state import RunningTrial, SearchEvent, SearchProgress, SearchStarted
from nas_gan.cli.search_view import LiveTable, SearchView
from nas_gan.metrics.scores import Scores

SCORES = Scores(images=1000, protocol_fingerprint="p", inception_score=2.5, frechet_distance=41.25)
TRIAL = RunningTrial(3, 123_000, 4_500_000, 6_000, 812.0, 0.5, 0.75, SCORES)


def _events(remaining: int) -> list[SearchEvent]:
    definition = SimpleNamespace(
        metric="fid", images=18_000, rungs=(6_000, 18_000), protocol={"name": "classifier-5k"}
    )
    study: Any = SimpleNamespace(name="digits", definition=definition)
    at: dict[str, Any] = {"label": "FID", "replaced": (), "seconds": 61.0, "seconds_left": 120.0}
    return [
        Message("training the classifier"),
        SearchStarted(study, wanted=5, done=2, remaining=remaining, workers=1, device="cpu"),
        SearchProgress(2, 5, {}, (1, 50.0), ended={}, **at),
        Message("trial 3 starts: 123k parameters", is_detail=True),
        SearchProgress(3, 5, {3: TRIAL}, (2, 41.25), ended={"complete": 1, "pruned": 1}, **at),
        Message("trial 4 rejected (more than `max_parameters` 10)"),
    ]


def _shown(remaining: int, *, is_terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=is_terminal, width=100, markup=False)
    with SearchView(console) as view:
        for event in _events(remaining):
            view.show(event)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_elsewhere_each_thing_is_a_line() -> None:
    assert _shown(3, is_terminal=False).splitlines() == [
        "training the classifier",
        "Study digits: 5 trials, 2 of them done, 1 at a time on cpu; scored and pruned after 6,000, 18,000 images.",
        "[1 min, 2/5] trial 3 starts: 123k parameters",
        "[1 min, 3/5] trial 4 rejected (more than --max-parameters 10)",
    ]


def test_a_terminal_has_a_table() -> None:
    text = _shown(3, is_terminal=True)
    for shown in ("123k", "6k/18k", "812", "41.25"):
        assert shown in _drawn(TRIAL)[1], shown
    # What is left at the end is no table, and no guess.
    assert "1 min gone; best" in text
    assert "img/s" not in text
    assert "3/5 trials; in this call 1 complete, 1 pruned, 50% pruned" in text
    assert "best FID 41.25 (trial 2)" in text
    assert "trial 4 rejected" in text
    assert "trial 3 starts" not in text, "the table says it"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_where_nothing_remains_there_is_no_table(is_terminal: bool) -> None:
    assert "in this call" not in _shown(0, is_terminal=is_terminal)


def _drawn(trial: RunningTrial, width: int = 120) -> list[str]:
    """Of a table with one trial, its heading and its row."""
    console = Console(file=io.StringIO(), width=width)
    table = LiveTable(console, _events(1)[1].study.definition)  # type: ignore[union-attr]
    table._progress = SearchProgress(0, 5, {3: trial}, None, "FID", {}, (), 1.0, None)
    with console.capture() as captured:
        console.print(table._draw())
    return captured.get().splitlines()[:2]


def test_before_the_first_update_there_is_no_number() -> None:
    assert _drawn(RunningTrial(3, 12_500, 1, 0))[1].split()[:6] == [
        "3",
        "12.5k",
        "0/18k",
        "–",
        "training",
        "–",
    ]


def test_a_trial_is_scored_once_it_has_seen_a_rungs_images() -> None:
    assert "scoring" in _drawn(TRIAL)[1]
    assert "training" in _drawn(replace(TRIAL, scored_at=6_000))[1]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_columns_go_where_they_have_no_room(width: int) -> None:
    heading, row = _drawn(TRIAL, width)
    assert {"trial", "images", "FID"} <= set(heading.split())
    assert max(len(heading), len(row)) <= width
    assert "…" not in row
