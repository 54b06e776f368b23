"""Every value of a hole belongs to one choice, and what a choice gives is a value of the hole."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nas_gan.search.samplers.recurrent_choices import INTERVAL_BINS, MAX_STEPS, choices_of


@st.composite
def _distributions(draw: st.DrawFn) -> BaseDistribution:
    match draw(st.sampled_from(["options", "int", "log int", "steps", "float", "log float"])):
        case "options":
            return CategoricalDistribution(
                draw(st.lists(st.integers(), min_size=1, max_size=20, unique=True))
            )
        case "int":
            first, step = draw(st.integers(-50, 50)), draw(st.integers(1, 5))
            return IntDistribution(first, first + step * draw(st.integers(1, 200)), step=step)
        case "log int":
            first = draw(st.integers(1, 50))
            return IntDistribution(first, first + draw(st.integers(1, 10**6)), log=True)
        case "steps":
            low = draw(st.sampled_from([-1.0, 0.0, 0.1]))
            return FloatDistribution(low, round(low + 0.1 * draw(st.integers(1, 40)), 1), step=0.1)
        case "float":
            low = draw(st.floats(-10, 10))
            return FloatDistribution(low, low + draw(st.floats(0.001, 10)))
        case _:
            low = draw(st.floats(1e-6, 1))
            return FloatDistribution(low, low * draw(st.floats(1.01, 1e4)), log=True)


@settings(deadline=None, max_examples=150)
@given(distribution=_distributions(), seed=st.integers(0, 2**32))
def test_what_a_choice_gives_is_in_range_and_belongs_to_it(distribution: BaseDistribution, seed: int) -> None:
    choices, generator = choices_of(distribution), random.Random(seed)
    assert choices.count >= 1
    for index in range(choices.count):
        value = choices.draw(index, generator)
        assert distribution._contains(distribution.to_internal_repr(value))
        assert choices.index(value) == index


def test_whole_numbers_are_whole_and_keep_their_step() -> None:
    choices, generator = choices_of(IntDistribution(12, 32, step=4)), random.Random(0)
    values = [choices.draw(index, generator) for index in range(choices.count)]
    assert values == [12, 16, 20, 24, 28, 32]
    assert all(type(value) is int for value in values)


def test_long_ranges_are_cut_into_even_bins() -> None:
    choices = choices_of(IntDistribution(0, 63))
    assert choices.count == MAX_STEPS
    assert set(Counter(choices.index(value) for value in range(64)).values()) == {64 // MAX_STEPS}


def test_logarithmic_whole_numbers_are_cut_by_ratio() -> None:
    assert [choices_of(IntDistribution(4, 8, log=True)).index(value) for value in range(4, 9)] == [
        0,
        1,
        2,
        3,
        4,
    ]
    choices = choices_of(IntDistribution(1, 2**16, log=True))
    assert [choices.index(2**power) for power in range(17)] == [*range(16), 15]


@pytest.mark.parametrize("log", [False, True])
def test_bins_of_an_interval_are_equal_on_its_scale(log: bool) -> None:
    low, high = (1e-4, 1e-2) if log else (0.0, 1.0)
    choices, generator = choices_of(FloatDistribution(low, high, log=log)), random.Random(0)
    assert choices.count == INTERVAL_BINS
    values = [choices.draw(3, generator) for _ in range(500)]
    shares = [math.log(value / low, high / low) if log else value for value in values]
    assert min(shares) == pytest.approx(3 / 8, abs=0.002)
    assert max(shares) == pytest.approx(4 / 8, abs=0.002)


@pytest.mark.parametrize(
    "distribution",
    [IntDistribution(2, 4), FloatDistribution(1e-3, 1.0, log=True), FloatDistribution(0.0, 1.0)],
)
def test_values_set_by_hand_outside_a_range_go_to_its_ends(distribution: BaseDistribution) -> None:
    choices = choices_of(distribution)
    assert choices.index(-7) == 0
    assert choices.index(99) == choices.count - 1
