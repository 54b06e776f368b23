"""Who is trained again, how often, and what follows: laws of the plan, and ties beside SciPy's own test."""

from __future__ import annotations

import random
from collections import Counter
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from nas_gan.search.finals import FIGURE_SEEDS, Plan, next_repeats, race, trainings_of
from nas_gan.search.repeats import EndedRepeat, Repeat, Sample, are_tied, interval_of_one_seed

VALUES = st.lists(st.one_of(st.none(), st.floats(1, 100)), min_size=60, max_size=60)


def _carry_out(plan: Plan, values: list[float | None], sign: float, pick: random.Random) -> list[EndedRepeat]:
    """Train what is wanted, in any order."""
    ended: list[EndedRepeat] = []
    while wanted := next_repeats(plan, ended, sign):
        pick.shuffle(wanted)
        for repeat in wanted:
            ended.append(EndedRepeat(repeat, repeat.seed(0), values[len(ended)]))
    return ended


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 6), values=VALUES, sign=st.sampled_from([1.0, -1.0]), seed=st.integers(0, 9))
def test_a_race_trains_each_seed_once_and_drops_one_a_round(
    count: int, values: list[float | None], sign: float, seed: int
) -> None:
    plan = race(range(10, 10 + count))
    ended = _carry_out(plan, values, sign, random.Random(seed))
    assert len(ended) == sum(trainings_of(plan))
    assert len({one.seed for one in ended}) == len(ended)
    assert len({one.repeat for one in ended}) == len(ended)
    rounds = Counter(one.repeat.place for one in ended if one.repeat.role == "choice")
    assert [rounds[place] for place in sorted(rounds)] == list(range(count, 1, -1))
    figures = [one.repeat for one in ended if one.repeat.role == "figure"]
    assert len(figures) == FIGURE_SEEDS
    assert len({repeat.number for repeat in figures}) == 1
    # The same plan again, after a stop, wants nothing.
    assert next_repeats(plan, ended, sign) == []


def test_the_best_mean_of_the_fresh_seeds_wins() -> None:
    plan = Plan((1, 2, 3), rounds=2, rejects=False, figures=1)
    scores = {1: (30.0, 40.0), 2: (33.0, 34.0), 3: (50.0, 20.0)}
    choice = [
        EndedRepeat(Repeat(number, "choice", place), 0, values[place - 1])
        for number, values in scores.items()
        for place in (1, 2)
    ]
    assert fmean(scores[2]) < min(fmean(scores[1]), fmean(scores[3]))
    assert next_repeats(plan, choice, 1.0) == [Repeat(2, "figure", 1)]
    assert [one.number for one in next_repeats(plan, choice, -1.0)] == [1]


def test_a_seed_with_which_training_failed_loses() -> None:
    plan, choice = race((1, 2)), [EndedRepeat(Repeat(1, "choice", 1), 0, None)]
    assert next_repeats(plan, choice, 1.0) == [Repeat(2, "choice", 1)]
    choice.append(EndedRepeat(Repeat(2, "choice", 1), 0, 99.0))
    assert {one.number for one in next_repeats(plan, choice, 1.0)} == {2}


def test_a_trial_that_was_compared_before_only_catches_up() -> None:
    """A search that goes on has new finalists; those of the last time keep their seeds."""
    known = [EndedRepeat(Repeat(1, "choice", place), 0, 30.0) for place in (1, 2)]
    assert next_repeats(race((4, 1, 5)), known, 1.0) == [Repeat(4, "choice", 1), Repeat(5, "choice", 1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [((30.0, 31.0, 32.0), (33.0, 34.5, 36.0)), ((30.0, 31.0, 32.0), (31.0, 34.0, 30.0)), ((9, 10), (20, 21))],
)
def test_ties_are_those_of_the_t_test(one: tuple[float, ...], other: tuple[float, ...]) -> None:
    expected = ttest_ind(one, other).pvalue >= 0.05
    assert are_tied(Sample(one), Sample(other), is_fid=False) == expected
    assert are_tied(Sample(other), Sample(one), is_fid=True) == expected


def test_one_seed_each_is_judged_by_what_is_known_of_seeds() -> None:
    assert are_tied(Sample((30.0,)), Sample((36.0,)), is_fid=True)
    assert not are_tied(Sample((30.0,)), Sample((45.0,)), is_fid=True)
    assert are_tied(Sample((30.0,)), Sample((45.0,)), is_fid=False)
    low, high = interval_of_one_seed(30.0)
    assert low == pytest.approx(25.1, abs=0.1)
    assert high == pytest.approx(35.8, abs=0.1)
