"""What options are worth: exact where everything was tried, and on the table of real GANs as its matched pairs say."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import numpy as np
import pytest

from nas_gan.explain.effects import Case, measure_worth, value_of_label
from nas_gan.table import load_table

OPTIONS = {"connect": ("plain", "residual"), "norm": ("none", "batch", "layer"), "width": (8, 16)}


def _factorial(score: float = 100.0) -> list[Case]:
    """Every combination once, with scores that nothing adds up to."""
    pick = random.Random(0)
    names = list(OPTIONS)
    return [
        Case(dict(zip(names, values, strict=True)), score * math.exp(pick.gauss(0.0, 0.5)))
        for values in itertools.product(*OPTIONS.values())
    ]


def test_where_every_combination_was_tried_it_is_the_difference_of_the_means() -> None:
    cases = _factorial()
    found = measure_worth(cases)
    assert {one.hole for one in found} == set(OPTIONS)
    for one in found:
        means = [
            np.mean([math.log(case.score) for case in cases if str(case.holes[one.hole]) == value])
            for value in (one.value, one.instead)
        ]
        assert one.ratio == pytest.approx(math.exp(means[0] - means[1]), rel=1e-9)
        assert one.change == pytest.approx(math.exp(means[0]) - math.exp(means[1]), rel=1e-9)
        assert one.low < one.change < one.high


def test_an_effect_isnt_taken_for_that_of_a_hole_that_goes_along_with_it() -> None:
    pick = random.Random(1)
    cases = []
    for _ in range(200):
        guilty = pick.random() < 0.5
        innocent = guilty if pick.random() < 0.8 else not guilty
        score = math.exp(0.5 * guilty + pick.gauss(0.0, 0.2))
        cases.append(Case({"guilty": guilty, "innocent": innocent}, score))
    worth = {one.hole: one for one in measure_worth(cases, {"guilty": False, "innocent": False})}
    assert worth["guilty"].ratio == pytest.approx(math.exp(0.5), rel=0.15)
    assert worth["guilty"].is_clear
    assert worth["innocent"].ratio == pytest.approx(1.0, abs=0.1)


def test_scores_below_zero_have_no_ratio_and_no_score_is_left_out() -> None:
    cases = [Case({"a": place % 2}, place % 2 - 0.5 + 0.01 * place) for place in range(20)]
    (one,) = measure_worth([*cases, Case({"a": 7}, math.nan)])
    assert (one.hole, one.ratio, one.trials) == ("a", None, 20)
    assert abs(one.change) == pytest.approx(1.01)
    assert measure_worth(cases[:5]) == []


def test_a_range_is_stood_for_by_a_value_that_was_tried() -> None:
    cases = [Case({"rate": 10.0**-power, "kind": "a"}, 1.0 + power) for power in range(1, 16)]
    worth = measure_worth(cases)
    labels = {one.value for one in worth} | {one.instead for one in worth}
    assert len(labels) == 3
    for label in labels:
        low, high = map(float, label.split(" to "))
        assert low * 0.9 <= float(str(value_of_label(cases, "rate", label))) <= high * 1.1
    assert value_of_label(cases, "kind", "a") == "a"


@pytest.fixture(scope="module")
def recorded() -> list[Case]:
    """The first runs of the points of the enumerated space that have been recorded so far."""
    rows = [row for row in load_table("enumerated-14") if row.seed == 0]
    return [Case(row.holes, row.final.frechet_distance) for row in rows if row.final is not None]


def _matched(cases: Sequence[Case], hole: str, value: str, instead: str) -> list[float]:
    """Differences of the log score of points that differ in one hole alone: exact effects, as far as they're there."""
    groups: dict[frozenset[tuple[str, object]], dict[str, float]] = {}
    for case in cases:
        rest = frozenset(item for item in case.holes.items() if item[0] != hole)
        groups.setdefault(rest, {})[str(case.holes[hole])] = math.log(case.score)
    return [group[value] - group[instead] for group in groups.values() if {value, instead} <= group.keys()]


def test_on_the_table_it_agrees_with_points_that_differ_in_one_hole_alone(recorded: list[Case]) -> None:
    worth = measure_worth(recorded)
    assert worth[0].hole == "optimisers.generator.learning_rate"
    for one in worth:
        pairs = _matched(recorded, one.hole, one.value, one.instead)
        assert len(pairs) >= 5
        error = float(np.std(pairs, ddof=1)) / math.sqrt(len(pairs))
        assert one.ratio is not None
        assert abs(math.log(one.ratio) - np.mean(pairs)) < max(0.15, 2.5 * error)
        if one.is_clear:
            assert (one.ratio > 1) == (np.mean(pairs) > 0)


def test_intervals_of_few_trials_hold_what_the_whole_record_says(recorded: list[Case]) -> None:
    pick, held = random.Random(0), []
    whole = {(one.hole, one.value, one.instead): one.change for one in measure_worth(recorded)}
    for _ in range(4):
        for few in measure_worth(pick.sample(recorded, 30)):
            change = whole.get((few.hole, few.value, few.instead))
            if change is not None:
                held.append(few.low <= change <= few.high)
    assert len(held) > 10
    assert np.mean(held) > 0.8
