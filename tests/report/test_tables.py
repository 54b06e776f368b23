"""Rankings show what was scored, and leave out what wasn't."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nas_gan.metrics.scores import Metric, Scores
from nas_gan.report.tables import ranking_table, starts_line
from nas_gan.runs.record import RungRecord, RunRecord
from nas_gan.search.catalogue import Trial
from nas_gan.spec import Architecture, compute_cost

IMAGES = {"frechet_distance": 12.5, "inception_score": 9.0, "inception_score_deviation": 0.25}
POINTS = {"modes_covered": 7, "near_share": 0.9, "transport_distance": 0.1234}


@pytest.fixture
def make_trial(pick_architecture: Callable[[int], Architecture]) -> Callable[..., Trial]:
    """A complete trial with these scores at its last rung."""

    def make(**scores: Any) -> Trial:
        made = Scores(images=10, protocol_fingerprint="p", **scores)
        rung = RungRecord(images_seen=900, scores=made, training_seconds=1.0, scoring_seconds=1.0)
        architecture = pick_architecture(0)
        record = RunRecord(
            outcome="complete",
            reason="",
            architecture=architecture,
            architecture_hash="",
            recipe_hash="",
            cost=compute_cost(architecture),
            data={},
            data_fingerprint="",
            class_names=(),
            protocol={},
            seed=0,
            precision="float32",
            images_planned=900,
            images_seen=900,
            rungs=(rung,),
            curve=(),
            reused_from=None,
            device="cpu",
            versions={},
            started_at="",
            wall_seconds=1.0,
        )
        return Trial(3, "complete", None, "", None, None, record)

    return make


@pytest.mark.parametrize(
    ("metric", "scores", "headings", "cells"),
    [
        ("fid", IMAGES, ("FID ▾", "IS"), ("12.50", "9.00 ± 0.25")),
        ("is", IMAGES, ("FID", "IS ▾"), ("12.50", "9.00 ± 0.25")),
        ("transport", POINTS, ("transport ▾", "modes", "near"), ("0.123", "7", "0.90")),
        ("modes", POINTS, ("transport", "modes ▾", "near"), ("0.123", "7", "0.90")),
        (
            "class-fid",
            IMAGES | {"mean_class_frechet_distance": 20.0},
            ("class FID ▾", "FID"),
            ("20.00", "12.50"),
        ),
        ("fid", {}, ("FID ▾",), ("–",)),
    ],
)
def test_columns_are_those_that_have_a_score(
    make_trial: Callable[..., Trial],
    metric: Metric,
    scores: dict[str, Any],
    headings: tuple[str, ...],
    cells: tuple[str, ...],
) -> None:
    shown, (row,) = ranking_table([make_trial(**scores)], metric)
    assert shown == ("trial", *headings, "parameters", "G", "D", "multiply-adds", "images")
    assert row[: len(cells) + 1] == ("3", *cells)
    assert len(row) == len(shown)


def test_a_trial_without_a_record_is_a_row_of_dashes(make_trial: Callable[..., Trial]) -> None:
    bare = Trial(4, "complete", None, "", None, None, None)
    headings, rows = ranking_table([make_trial(**IMAGES), bare], "fid")
    assert rows[1] == ("4", *("–",) * (len(headings) - 1))


def test_what_was_found_is_compared_with_the_best_start() -> None:
    found = Trial(7, "complete", 32.4, "", None, None, None)
    plain, concat = (
        Trial(number, "complete", value, "", None, None, None, start=name)
        for number, value, name in ((0, 55.0, "baselines/plain"), (1, 73.6, "baselines/concat"))
    )
    assert starts_line([found], "fid") == ""
    known = "baselines/plain, the best of 2 starts, came to FID 55.00"
    assert starts_line([plain, found, concat], "fid") == f"{known}: nothing better has been found yet."
    better = f"{known}; trial 7, which the search has found, to 32.40."
    assert starts_line([found, plain, concat], "fid") == better
