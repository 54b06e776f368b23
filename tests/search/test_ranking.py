"""The order of trials by several scores: laws, and an independent sorting."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna import create_study, create_trial
from optuna.study import StudyDirection

from nas_gan.search.ranking import first_front, hypervolume, place_points, rank_points, reference_of

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
def test_the_front_is_optunas(points: dict[int, tuple[float, ...]]) -> None:
    study = create_study(directions=["minimize", "maximize"])
    assert study.directions == [StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE]
    numbers = sorted(points)
    study.add_trials([create_trial(values=points[number]) for number in numbers])
    best = {numbers[trial.number] for trial in study.best_trials}
    assert set(first_front(points, [False, True])) == best


@given(POINTS)
def test_what_is_worse_than_the_median_comes_after_all_else(points: dict[int, tuple[float, ...]]) -> None:
    reference = reference_of(points, higher_is_better=False)
    beyond = [points[number][0] > reference for number in rank_points(points, [False, False])]
    assert beyond == sorted(beyond)
    assert sum(beyond) * 2 <= len(points)


def test_the_smallest_network_is_no_good_for_being_small() -> None:
    points = {0: (60.0, 7e6), 1: (400.0, 1e3), 2: (70.0, 4e6), 3: (70.0, 8e6)}
    assert rank_points(points, [False, False]) == [0, 2, 3, 1]
    assert first_front(points, [False, False]) == [0, 2, 1]
    last = place_points(points, [False, False])[-1]
    assert (last.number, last.is_beyond, last.dominated_by) == (1, True, ())
    assert [place.dominated_by for place in place_points(points, [False, False])] == [(), (), (0, 2), ()]


@given(
    st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=6),
    st.integers(1, 3),
)
def test_the_hypervolume_is_the_count_of_dominated_cells(points: list[tuple[int, ...]], count: int) -> None:
    costs = [tuple(map(float, point[:count])) for point in points]
    cells = itertools.product(range(5), repeat=count)
    dominated = sum(
        any(all(value <= at for value, at in zip(cost, cell, strict=True)) for cost in costs)
        for cell in cells
    )
    assert hypervolume(costs, (5.0,) * count) == dominated


def test_what_is_no_number_is_last() -> None:
    assert rank_points({0: (math.nan,), 1: (math.inf,), 2: (3.0,)}, [False])[0] == 2
    assert rank_points({0: (math.nan,), 2: (-3.0,)}, [True]) == [2, 0]


def test_every_point_has_each_score() -> None:
    with pytest.raises(ValueError, match="2 scores"):
        rank_points({0: (1.0,)}, [False, False])
