"""How trials of all rungs stand among each other."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.search.samplers.local import Observation, compute_standings
from nas_gan.search.samplers.local.history import rank_by_standing
from nas_gan.search.samplers.observation import State


def _trial(*scores: float, state: State = "done") -> Observation:
    return Observation({}, state, dict(zip((2, 6, 18), scores, strict=False)))


def test_a_trial_stands_by_its_place_at_the_last_rung_that_it_reached() -> None:
    history = [_trial(50.0), _trial(40.0), _trial(30.0, 9.0), _trial(99.0, 8.0, 7.0)]
    # At the first rung: 30, 40, 50, 99; at the second: 8, 9; at the last, 7 alone.
    assert compute_standings(history) == [5 / 8, 3 / 8, 3 / 4, 1 / 2]
    assert rank_by_standing(history) == [1, 3, 0, 2]


def test_paused_and_running_trials_stand_by_their_last_rung() -> None:
    history = [_trial(3.0, state="paused"), _trial(1.0, state="running"), _trial(state="running")]
    assert compute_standings(history) == [0.75, 0.25, None]


def test_what_failed_or_has_no_number_is_worst_and_what_was_rejected_says_nothing() -> None:
    history = [
        _trial(1.0, state="failed"),
        _trial(state="failed"),
        _trial(5.0, math.nan),
        _trial(state="rejected"),
        _trial(9.0),
    ]
    assert compute_standings(history) == [1.0, 1.0, 1.0, None, 5 / 6]


def test_equal_scores_share_the_middle_and_the_one_that_got_further_is_first() -> None:
    assert compute_standings([_trial(1.0), _trial(1.0)]) == [0.5, 0.5]
    assert rank_by_standing([_trial(1.0), _trial(2.0, 5.0), _trial(3.0)]) == [0, 1, 2]
    assert rank_by_standing([_trial(2.0), _trial(1.0, 5.0), _trial(3.0)]) == [1, 0, 2]


@settings(deadline=None)
@given(
    scores=st.lists(st.lists(st.integers(0, 50).map(float), min_size=1, max_size=3), min_size=1, max_size=12),
    factor=st.sampled_from([0.5, 2.0, 1024.0]),
)
def test_only_the_order_of_scores_counts(scores: list[list[float]], factor: float) -> None:
    standings = compute_standings([_trial(*each) for each in scores])
    assert standings == compute_standings([_trial(*(factor * score for score in each)) for each in scores])
    assert all(standing is not None and 0.0 < standing < 1.0 for standing in standings)
    # Those that stopped at the first rung stand as their scores do.
    first = sorted(
        (each[0], standing) for each, standing in zip(scores, standings, strict=True) if len(each) == 1
    )
    assert [standing for _, standing in first] == sorted(
        standing for _, standing in first if standing is not None
    )


def test_the_worst_of_two_is_no_worse_than_the_worst_of_many() -> None:
    few = compute_standings([_trial(1.0), _trial(2.0)])
    many = compute_standings([_trial(float(score)) for score in range(100)])
    assert few[1] == pytest.approx(0.75)
    assert many[-1] == pytest.approx(0.995)
