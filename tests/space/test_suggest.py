"""Random values: in range, on their steps, and as likely as they should be."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.space import FixedSuggest, RandomSuggest


def build_suggest() -> RandomSuggest:
    return RandomSuggest(random.Random(0))


@settings(deadline=None, max_examples=60)
@given(low=st.integers(1, 50), steps=st.integers(0, 40), step=st.integers(1, 9), seed=st.integers(0, 1000))
def test_ints_are_in_range_and_on_steps(low: int, steps: int, step: int, seed: int) -> None:
    suggest, high = RandomSuggest(random.Random(seed)), low + steps * step
    assert suggest.suggest_int("x", low, high, step=step) in range(low, high + 1, step)
    assert low <= suggest.suggest_int("x", low, high, log=True) <= high


@settings(deadline=None, max_examples=60)
@given(low=st.floats(1e-6, 1.0), width=st.floats(0.0, 1e3), seed=st.integers(0, 1000))
def test_floats_are_in_range(low: float, width: float, seed: int) -> None:
    suggest, high = RandomSuggest(random.Random(seed)), low + width
    assert low <= suggest.suggest_float("x", low, high) <= high
    assert low <= suggest.suggest_float("x", low, high, log=True) <= high


def test_both_ends_and_every_choice_are_reached() -> None:
    suggest = build_suggest()
    assert {suggest.suggest_int("x", 2, 6, step=2) for _ in range(100)} == {2, 4, 6}
    assert {suggest.suggest_int("x", 1, 4, log=True) for _ in range(200)} == {1, 2, 3, 4}
    assert {suggest.suggest_float("x", 0.0, 1.0, step=0.5) for _ in range(100)} == {0.0, 0.5, 1.0}
    assert {suggest.suggest_categorical("x", ["a", 1, None]) for _ in range(100)} == {"a", 1, None}


def test_log_ints_are_uniform_on_the_logarithmic_scale() -> None:
    suggest, draws = build_suggest(), 20_000
    counts = Counter(suggest.suggest_int("x", 1, 8, log=True) for _ in range(draws))
    for value in range(1, 9):
        share = math.log((value + 0.5) / (value - 0.5)) / math.log(8.5 / 0.5)
        assert counts[value] / draws == pytest.approx(share, abs=0.015)


def test_log_floats_are_uniform_on_the_logarithmic_scale() -> None:
    suggest, draws = build_suggest(), 20_000
    below = sum(suggest.suggest_float("x", 1e-4, 1e-2, log=True) < 1e-3 for _ in range(draws))
    assert below / draws == pytest.approx(0.5, abs=0.015)


def test_fixed_values_are_given_back() -> None:
    suggest = FixedSuggest({"a": "x", "b": 4, "c": 0.3, "d": 1e-3, "e": False, "f": 5})
    assert suggest.suggest_categorical("a", ["y", "x"]) == "x"
    assert suggest.suggest_int("b", 0, 8, step=2) == 4
    assert suggest.suggest_float("c", 0.1, 0.5, step=0.1) == 0.3
    assert suggest.suggest_float("d", 1e-4, 1e-2, log=True) == 1e-3
    assert suggest.suggest_categorical("e", [True, False]) is False
    assert suggest.suggest_int("f", 1, 9, log=True) == 5


@pytest.mark.parametrize("value", [1, True, 9, 5, 2.5, "4", None])
def test_fixed_values_that_are_not_offered(value: str | float | None) -> None:
    suggest = FixedSuggest({"a": value})
    with pytest.raises(InputError, match="isn't in the range; give 2 to 8 in steps of 2"):
        suggest.suggest_int("a", 2, 8, step=2)
    with pytest.raises(InputError, match="isn't offered; use one of x, 0"):
        suggest.suggest_categorical("a", ["x", 0])
    with pytest.raises(InputError, match=r"a: .* isn't in the range; give 10\.0 to 11\.0$"):
        suggest.suggest_float("a", 10.0, 11.0)
    with pytest.raises(InputError, match="b: this hole has no value"):
        suggest.suggest_int("b", 2, 8)
