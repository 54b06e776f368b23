"""Charts of a study show what its trials did."""

from __future__ import annotations

from datetime import datetime, timedelta

from nas_gan.report.study.charts import history_chart
from nas_gan.search.catalogue import Trial
from nas_gan.search.definition import StudyDefinition
from nas_gan.search.views import StudyView, TrialView

NOON = datetime(2026, 1, 1, 12)
DEFINITION = StudyDefinition(
    space="tiny",
    space_fingerprint="0",
    data="mnist5k",
    data_fingerprint="1",
    channels=1,
    resolution=28,
    classes=10,
    metric="fid",
    protocol={"name": "classifier-5k"},
    images=18_000,
    rungs=(6_000, 18_000),
    seed=0,
    precision="float32",
)


def test_history_counts_the_images_of_paused_trials_when_they_were_trained() -> None:
    """A paused trial has no end in Optuna, and is charged no later than the trials that ended after it."""
    views = (
        _view(0, "complete", 0, 10, {6_000: 90.0, 18_000: 50.0}, place=2),
        _view(1, "paused", 10, None, {6_000: 95.0}),
        _view(2, "complete", 15, 30, {6_000: 80.0, 18_000: 40.0}, place=1),
    )
    chart = history_chart([StudyView("digits", DEFINITION, views, None, None)])
    dots = {drawing.label: drawing.data[0] for drawing in chart.drawings}
    over_images = dots["images trained, all trials"]
    assert list(zip(over_images["x"], over_images["y"], strict=True)) == [(18_000, 50.0), (42_000, 40.0)]
    assert dots["hours since the first trial began"]["x"] == [0.1667, 0.5]


def _view(
    number: int,
    state: str,
    start: float,
    end: float | None,
    values: dict[int, float],
    place: int | None = None,
) -> TrialView:
    """A trial that ran from minute `start` to minute `end` after noon."""
    ended = None if end is None else NOON + timedelta(minutes=end)
    value = values.get(18_000)
    trial = Trial(number, state, value, "", NOON + timedelta(minutes=start), ended, None)
    return TrialView(trial, {}, values, None, None, place, None)
