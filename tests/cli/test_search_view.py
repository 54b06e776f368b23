"""What a terminal shows of a running search."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from nas_gan.cli.search_state import SearchState
from nas_gan.cli.search_view import LiveView, describe
from nas_gan.metrics.scores import Scores
from nas_gan.runs.record import RungRecord
from nas_gan.search.definition import StudyDefinition
from nas_gan.search.events import TrialEnded, TrialProgress, TrialScored, TrialStarted

DEFINITION = StudyDefinition(
    space="tiny",
    space_fingerprint="0",
    data="mnist5k",
    data_fingerprint="1",
    channels=1,
    resolution=28,
    classes=10,
    metric="fid",
    protocol={"name": "classifier-1k"},
    images=3000,
    rungs=(1000, 3000),
    seed=0,
    precision="float32",
)
RUNG = RungRecord(
    images_seen=1000,
    scores=Scores(
        images=1000,
        protocol_fingerprint="p",
        inception_score=2.5,
        inception_score_deviation=0.25,
        frechet_distance=592.507,
    ),
    training_seconds=1.0,
    scoring_seconds=1.0,
)


class Shown:
    """A live view whose last picture can be read."""

    def __init__(self, width: int = 120) -> None:
        self.console = Console(file=io.StringIO(), width=width, force_terminal=False)
        state = SearchState(
            wanted=12, done=8, lower_is_better=True, timeout_seconds=60.0, best_number=None, best_value=None
        )
        self.view = LiveView(self.console, state, DEFINITION)

    def tell(self, *events: Any) -> str:
        for event in events:
            self.view.on_event(event)
        with self.console.capture() as captured:
            self.console.print(self.view._draw())
        return captured.get()


def test_before_the_first_progress_there_is_no_number() -> None:
    shown = Shown()
    assert "Workers load the data" in shown.tell()
    picture = shown.tell(TrialStarted(0, 8, 12_500, 1, 0))
    assert "nan" not in picture
    assert picture.splitlines()[1].split()[:6] == ["8", "12.5k", "0/3k", "–", "training", "–"]


def test_a_trial_is_scored_once_it_has_seen_a_rungs_images() -> None:
    shown = Shown()
    begun = shown.tell(TrialStarted(0, 8, 12_500, 1, 0), TrialProgress(0, 8, 1000, 33.0, 0.5, 0.5))
    assert "scoring" in begun
    assert "training" in shown.tell(TrialScored(0, 8, 592.507, RUNG))
    # One that goes on after a rung has been scored there.
    assert "training" in Shown().tell(TrialStarted(0, 8, 12_500, 1, 1000))


def test_a_score_is_written_alike_everywhere() -> None:
    assert describe(TrialEnded(0, 8, "complete", 592.507, ""), "fid") == "trial 8 complete: FID 592.5"
    assert "best FID 592.5 (trial 8)" in Shown().tell(TrialEnded(0, 8, "complete", 592.507, ""))


def test_counts_say_what_they_are_of() -> None:
    assert "8/12 trials; in this call none ended\n" in Shown().tell()
    ended = Shown().tell(TrialEnded(0, 8, "paused", None, "weak"), TrialEnded(1, 9, "complete", 5.0, ""))
    assert "10/12 trials; in this call 1 complete, 1 paused, 50% pruned" in ended


def test_at_the_end_nothing_is_left_of_the_table() -> None:
    shown = Shown()
    assert "left" in shown.tell(TrialStarted(0, 8, 12_500, 1, 0))
    with shown.view:
        pass
    picture = shown.tell()
    assert "left" not in picture
    assert "img/s" not in picture


@pytest.mark.parametrize("width", [40, 60, 80])
def test_columns_go_where_they_have_no_room(width: int) -> None:
    picture = Shown(width).tell(TrialStarted(0, 8, 12_500, 1, 0), TrialScored(0, 8, 592.507, RUNG))
    heading = picture.splitlines()[0]
    assert "…" not in picture
    assert {"trial", "images", "FID"} <= set(heading.split())
    assert len(heading) <= width
