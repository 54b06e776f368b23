"""The order of trials by several scores: laws, and an independent sorting."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna import create_study, create_trial
from optuna.study import StudyDirection

from nas_gan.search.schedulers.ranking import rank_points

SCORES = st.floats(-10, 10, width=16)
POINTS = st.dictionaries(st.integers(0, 50), st.tuples(SCORES, SCORES), min_size=1, max_size=12)


@given(st.dictionaries(st.integers(0, 50), st.tuples(SCORES), min_size=1, max_size=12), st.booleans())
def test_one_score_is_sorted_by(points: dict[int, tuple[float, ...]], higher: bool) -> None:
    ordered = [points[number][0] for number in rank_points(points, [higher])]
    assert ordered == sorted(ordered, reverse=higher)
    assert sorted(rank_points(points, [higher])) == sorted(points)


@given(POINTS, st.tuples(st.booleans(), st.booleans()))
def test_nobody_comes_before_who_dominates_it(
    points: dict[int, tuple[float, ...]], higher: tuple[bool, bool]
) -> None:
    ordered = rank_points(points, higher)
    assert sorted(ordered) == sorted(points)
    costs = {
        number: [-value if up else value for value, up in zip(point, higher, strict=True)]
        for number, point in points.items()
    }
    for place, later in enumerate(ordered):
        for earlier in ordered[:place]:
            better = all(mine <= theirs for mine, theirs in zip(costs[later], costs[earlier], strict=True))
            assert not (better and costs[later] != costs[earlier])


@given(POINTS)
def test_the_first_front_is_optunas(points: dict[int, tuple[float, ...]]) -> None:
    study = create_study(directions=["minimize", "maximize"])
    assert study.directions == [StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE]
    numbers = sorted(points)
    study.add_trials([create_trial(values=points[number]) for number in numbers])
    best = {numbers[trial.number] for trial in study.best_trials}
    assert set(rank_points(points, [False, True])[: len(best)]) == best


def test_the_ends_of_a_front_come_first_and_then_who_has_room() -> None:
    points = {0: (0.0, 10.0), 1: (1.0, 9.0), 2: (2.0, 8.0), 3: (6.0, 4.0), 4: (10.0, 0.0), 5: (10.0, 10.0)}
    assert rank_points(points, [False, False]) == [0, 4, 3, 2, 1, 5]


def test_what_is_no_number_is_last() -> None:
    assert rank_points({0: (math.nan,), 1: (math.inf,), 2: (3.0,)}, [False])[0] == 2
    assert rank_points({0: (math.nan,), 2: (-3.0,)}, [True]) == [2, 0]


def test_every_point_has_each_score() -> None:
    with pytest.raises(ValueError, match="2 scores"):
        rank_points({0: (1.0,)}, [False, False])
