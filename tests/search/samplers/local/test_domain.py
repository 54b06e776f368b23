"""Whatever is drawn is a value of the hole; others are others, and near ones near."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.search.samplers.local.domain import Domain, Options, Range


def _numbers() -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(), min_size=1, max_size=9, unique=True).map(tuple)


@st.composite
def domains(draw: st.DrawFn) -> Domain:
    match draw(st.sampled_from(["options", "int", "log int", "steps", "float", "log float"])):
        case "options":
            words = ("plain", "residual", "dense", None, True)[: draw(st.integers(1, 5))]
            return Options(draw(st.one_of(st.just(words), _numbers())))
        case "int":
            first, step = draw(st.integers(-50, 50)), draw(st.integers(1, 5))
            return Range(first, first + draw(st.integers(0, 100)), step, log=False, is_whole=True)
        case "log int":
            first = draw(st.integers(1, 50))
            return Range(first, first + draw(st.integers(0, 10**6)), 1, log=True, is_whole=True)
        case "steps":
            low = draw(st.sampled_from([-1.0, 0.0, 0.1]))
            high = round(low + 0.1 * draw(st.integers(0, 40)), 1)
            return Range(low, high, 0.1, log=False, is_whole=False)
        case "float":
            low = draw(st.floats(-10, 10))
            return Range(low, low + draw(st.floats(0.0, 10)), None, log=False, is_whole=False)
        case _:
            low = draw(st.floats(1e-6, 1))
            return Range(low, low * draw(st.floats(1.0, 1e4)), None, log=True, is_whole=False)


@settings(deadline=None, max_examples=200)
@given(domain=domains(), seed=st.integers(0, 2**32), deviation=st.sampled_from([0.05, 0.2, 1.0]))
def test_all_that_is_drawn_is_a_value(domain: Domain, seed: int, deviation: float) -> None:
    generator = random.Random(seed)
    value = domain.draw(generator)
    assert domain.has(value)
    assert domain.has(domain.draw_other(value, generator))
    assert 0 <= domain.cell(value) < domain.cells
    if not domain.is_single:
        assert domain.draw_other(value, generator) != value
    if domain.is_ordered and not domain.is_single:
        near = domain.draw_near(value, deviation, generator)
        assert domain.has(near)
        assert near != value


@settings(deadline=None, max_examples=100)
@given(domain=domains(), seed=st.integers(0, 2**32))
def test_what_is_drawn_in_a_cell_belongs_to_it(domain: Domain, seed: int) -> None:
    generator = random.Random(seed)
    for cell in range(domain.cells):
        drawn = domain.draw_in(cell, generator)
        assert domain.has(drawn)
        # Of whole numbers by ratio, a cell at the low end may hold none.
        if not (isinstance(domain, Range) and domain.log and domain.is_whole):
            assert abs(domain.cell(drawn) - cell) <= (domain.count is not None and domain.count > 8)


def test_near_values_of_a_scale_by_ratio_are_near_by_ratio() -> None:
    rates, generator = Range(1e-5, 1e-1, None, log=True, is_whole=False), random.Random(0)
    ratios = [math.log10(float(str(rates.draw_near(1e-3, 0.2, generator))) / 1e-3) for _ in range(2000)]
    # A deviation of 0.2 of four decades, a little of it turned back at the ends.
    assert statistics.stdev(ratios) == pytest.approx(0.8, abs=0.05)
    assert statistics.mean(ratios) == pytest.approx(0.0, abs=0.05)


def test_near_options_are_neighbours_by_size_and_far_ones_are_rare() -> None:
    sizes, generator = Options((16, 128, 32, 64)), random.Random(0)
    drawn = [sizes.draw_near(32, 0.2, generator) for _ in range(1000)]
    assert set(drawn) == {16, 64, 128}
    assert drawn.count(128) < 200


def test_two_options_words_and_truth_values_have_no_order() -> None:
    assert not any(Options(labels).is_ordered for labels in [(1, 2), ("a", "b", "c"), (True, False, 1.5)])
    assert Options((0.9, 0.99, 0.999)).is_ordered
    assert Options((1, 2)).draw_other(1, random.Random(0)) != 1


def test_values_from_elsewhere_are_none() -> None:
    widths = Range(12, 32, 4, log=False, is_whole=True)
    assert widths.has(16)
    assert not any(widths.has(value) for value in (14, 8, 36, "16", True, None))
    assert not Options(("plain", "dense")).has("residual")
    assert Range(0.1, 0.3, 0.1, log=False, is_whole=False).has(0.1 + 0.1 * 2)
