from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nas_gan.metrics.frechet import RealStatistics, compute_frechet_distance, compute_real_statistics
from nas_gan.metrics.statistics import Moments

SEEDS = st.integers(0, 2**16)


def draw(count: int, dimensions: int, seed: int) -> Tensor:
    """Correlated rows around a mean of their own."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(dimensions, dimensions, dtype=torch.float64, generator=generator)
    rows = torch.randn(count, dimensions, dtype=torch.float64, generator=generator)
    return rows @ mixing + torch.randn(dimensions, dtype=torch.float64, generator=generator)


def collect(rows: Tensor) -> Moments:
    moments = Moments(rows.shape[1])
    moments.update(rows)
    return moments


def summarise(rows: Tensor) -> RealStatistics:
    return compute_real_statistics(collect(rows))


def build_exact(mean: Tensor, deviations: Tensor) -> Tensor:
    """Rows whose mean is exactly `mean` and whose covariance is exactly diagonal."""
    dimensions = len(mean)
    rows = torch.cat([torch.eye(dimensions), -torch.eye(dimensions)]).double()
    return rows * math.sqrt((2 * dimensions - 1) / 2) * deviations + mean


@pytest.mark.parametrize("count", [50, 5])
def test_the_root_is_triangular_and_its_square_the_covariance(count: int) -> None:
    statistics = summarise(draw(count, 8, seed=0))
    root = statistics.covariance_root
    assert statistics.count == count
    assert statistics.dimensions == 8
    assert torch.equal(root, root.triu())
    torch.testing.assert_close(root.T @ root, statistics.covariance, rtol=1e-10, atol=1e-10)


def test_diagonal_gaussians_have_a_closed_form() -> None:
    generator = torch.Generator().manual_seed(1)
    means = torch.randn(2, 6, dtype=torch.float64, generator=generator)
    deviations = torch.rand(2, 6, dtype=torch.float64, generator=generator) + 0.1
    real, generated = (build_exact(m, d) for m, d in zip(means, deviations, strict=True))
    expected = ((means[0] - means[1]).square() + (deviations[0] - deviations[1]).square()).sum()
    distance = compute_frechet_distance(summarise(real), collect(generated))
    assert distance == pytest.approx(expected.item(), rel=1e-10)


def test_the_same_features_are_at_distance_zero() -> None:
    rows = draw(300, 16, seed=2)
    assert compute_frechet_distance(summarise(rows), collect(rows)) == pytest.approx(0, abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(first=SEEDS, second=SEEDS)
def test_it_is_symmetric_and_never_negative(first: int, second: int) -> None:
    left, right = draw(40, 6, first), draw(30, 6, second)
    there = compute_frechet_distance(summarise(left), collect(right))
    back = compute_frechet_distance(summarise(right), collect(left))
    assert there >= 0
    assert there == pytest.approx(back, rel=1e-8, abs=1e-8)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_turning_and_moving_both_sides_changes_nothing(seed: int) -> None:
    left, right = draw(40, 6, seed), draw(30, 6, seed + 1)
    turn, _ = torch.linalg.qr(draw(6, 6, seed + 2))
    plain = compute_frechet_distance(summarise(left), collect(right))
    moved = compute_frechet_distance(summarise(left @ turn + 3), collect(right @ turn + 3))
    assert moved == pytest.approx(plain, rel=1e-8, abs=1e-8)


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, count=st.integers(2, 40))
def test_features_and_their_moments_give_the_same(seed: int, count: int) -> None:
    """With fewer rows than the 24 dimensions another route is taken; from there on it is the same."""
    real, generated = summarise(draw(100, 24, seed)), draw(count, 24, seed + 1)
    of_moments = compute_frechet_distance(real, collect(generated))
    assert compute_frechet_distance(real, generated) == pytest.approx(of_moments, rel=1e-6)


def test_few_real_images_leave_a_singular_covariance_and_that_is_fine() -> None:
    rows = draw(10, 32, seed=4)
    assert compute_frechet_distance(summarise(rows), rows) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("count", [4, 40])
def test_features_that_are_no_numbers_are_infinitely_far(bad: float, count: int) -> None:
    real, generated = summarise(draw(40, 8, seed=5)), draw(count, 8, seed=6)
    generated[1, 3] = bad
    assert compute_frechet_distance(real, generated) == math.inf
    assert compute_frechet_distance(real, collect(generated)) == math.inf


def test_real_features_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(FloatingPointError, match="NaN or infinity"):
        summarise(torch.full((3, 2), math.nan))


def test_one_row_has_no_distance() -> None:
    real = summarise(draw(40, 8, seed=7))
    with pytest.raises(ValueError, match="at least 2 rows"):
        compute_frechet_distance(real, draw(1, 8, seed=8))


def test_a_product_of_several_blocks_is_whole() -> None:
    """300 dimensions: a full block and part of another."""
    real, generated = draw(400, 300, seed=9), draw(350, 300, seed=10)
    distance = compute_frechet_distance(summarise(real), collect(generated))
    product = summarise(real).covariance @ summarise(generated).covariance
    shared = torch.linalg.eigvals(product).sqrt().real.sum()
    difference = (real.mean(0) - generated.mean(0)).square().sum()
    traces = summarise(real).covariance.trace() + summarise(generated).covariance.trace()
    assert distance == pytest.approx((difference + traces - 2 * shared).item(), rel=1e-9)
