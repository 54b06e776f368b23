"""Correlations, predictions and effects against references and against data whose answer is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import spearmanr

from nas_gan.table import Row
from nas_gan.table.correlation import better_half, rank_correlation
from nas_gan.table.effects import explained, explained_by_pairs, label_values, log_finals, measure_effects
from nas_gan.table.prediction import MODEL_SIGNALS, predict_held_out, read_features

MakeRow = Callable[..., Row]


@pytest.mark.parametrize("ties", [False, True])
def test_the_correlation_is_scipys(ties: bool) -> None:
    generator = np.random.default_rng(0)
    one = generator.normal(size=60)
    other = one + generator.normal(size=60)
    if ties:
        one, other = one.round(), other.round()
    found = rank_correlation(one, other)
    assert found is not None
    assert found.value == pytest.approx(spearmanr(one, other).statistic)
    assert found.low < found.value < found.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    truth = 6 / math.pi * math.asin(0.6 / 2)  # Spearman's correlation of two normals whose Pearson's is 0.6
    covered = 0
    for seed in range(60):
        one = generator.normal(size=80)
        found = rank_correlation(one, 0.6 * one + 0.8 * generator.normal(size=80), seed)
        assert found is not None
        covered += found.low <= truth <= found.high
    assert covered >= 50


def test_too_few_or_constant_numbers_have_no_correlation() -> None:
    assert rank_correlation([1, 2, 3, math.nan, 4], [1, 2, 3, 4, 5]) is None
    assert rank_correlation([1] * 9, range(9)) is None
    found = rank_correlation([1, 2, 3, 4, 5, math.nan], [1, 2, 3, 4, 5, 0])
    assert found is not None
    assert found.value == pytest.approx(1.0)


def test_the_better_half_is_the_lower_one() -> None:
    assert better_half([3.0, 1.0, 2.0, 9.0]).tolist() == [False, True, True, False]


def test_a_linear_truth_is_predicted_and_noise_is_not() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(100, 6))
    target = features @ np.arange(6.0) + 3 + 0.1 * generator.normal(size=100)
    assert np.corrcoef(predict_held_out(features, target), target)[0, 1] > 0.99
    # Predictions that had seen their own row would correlate with noise.
    noise = generator.normal(size=100)
    assert abs(np.corrcoef(predict_held_out(features, noise), noise)[0, 1]) < 0.3


def test_features_are_finite_at_each_rung(make_row: MakeRow) -> None:
    rows = [make_row(number, (300.0 + number, 200.0, 100.0)) for number in range(3)]
    for place in range(3):
        features = read_features(rows, place)
        assert features.shape == (3, len(MODEL_SIGNALS))
        assert np.isfinite(features).all()
    assert read_features(rows, 0)[1, 0] == pytest.approx(math.log(301))
    assert read_features(rows, 1)[0, MODEL_SIGNALS.index("slope")] == pytest.approx(math.log(200 / 300))


def _grid(make_row: MakeRow) -> list[Row]:
    """All points of three holes: `a` is worth a factor of 10, `b` a factor of 2, `c` nothing alone and 3 with `b`."""
    rows = []
    for number, (a, b, c) in enumerate(itertools.product(range(2), range(2), range(4))):
        final = 5.0 * 10**a * 2**b * 3 ** (b == c % 2)
        rows.append(make_row(number, (300.0, 200.0, final), holes={"a": a, "b": b, "c": c}))
    return rows


def test_effects_are_those_that_were_put_in(make_row: MakeRow) -> None:
    rows = _grid(make_row)
    effects = {effect.hole: effect for effect in measure_effects(rows)}
    ten, two, three = ((math.log(factor) / 2) ** 2 for factor in (10, 2, 3))
    total = ten + two + three
    assert effects["a"].share == pytest.approx(ten / total)
    assert effects["b"].share == pytest.approx(two / total)
    assert effects["c"].share == pytest.approx(0.0, abs=1e-12)
    assert next(iter(effects)) == "a"
    assert effects["a"].p < 0.01
    assert effects["c"].p > 0.5
    assert effects["a"].levels["1"] == pytest.approx(10 * effects["a"].levels["0"])
    pairs = explained_by_pairs(rows)
    assert pairs["b", "c"] == pytest.approx(three / total)
    assert pairs["a", "b"] == pytest.approx(0.0, abs=1e-12)


def test_chance_explains_as_much_as_it_is_said_to() -> None:
    generator = np.random.default_rng(0)
    labels = [str(number % 4) for number in range(40)]
    shares = [explained(labels, generator.normal(size=40)) for _ in range(400)]
    assert np.mean(shares) == pytest.approx(3 / 39, rel=0.1)


def test_runs_that_broke_off_count_as_the_worst(make_row: MakeRow) -> None:
    rows = [make_row(0, (1.0, 1.0, 50.0)), make_row(1, (1.0,)), make_row(2, (1.0, 1.0, 80.0))]
    assert log_finals(rows).tolist() == pytest.approx([math.log(50), math.log(80), math.log(80)])


def test_many_numbers_are_cut_into_ranges() -> None:
    labels = label_values([float(number) for number in range(30)])
    assert len(set(labels)) == 3
    assert labels[0] == labels[9] != labels[10]
    assert label_values([16, 32, 16]) == ["16", "32", "16"]
    assert label_values([True, False, True]) == ["True", "False", "True"]
