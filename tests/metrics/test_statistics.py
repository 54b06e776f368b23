from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nas_gan.metrics.statistics import Moments

DIMENSIONS = 5


def draw(count: int, seed: int, offset: float = 0.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(DIMENSIONS, DIMENSIONS, dtype=torch.float64, generator=generator)
    return torch.randn(count, DIMENSIONS, dtype=torch.float64, generator=generator) @ mixing + offset


def collect(*batches: Tensor) -> Moments:
    moments = Moments(DIMENSIONS)
    for batch in batches:
        moments.update(batch)
    return moments


def assert_same(left: Moments, right: Moments, scale: float = 1.0) -> None:
    assert left.count == right.count
    torch.testing.assert_close(left.mean, right.mean, rtol=1e-12, atol=1e-12 * scale)
    torch.testing.assert_close(left.covariance, right.covariance, rtol=1e-11, atol=1e-11 * scale)


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(0, 40), min_size=2, max_size=8).filter(lambda sizes: sum(sizes) >= 2),
    seed=st.integers(0, 2**16),
)
def test_equals_numpy_however_the_rows_are_cut(sizes: list[int], seed: int) -> None:
    rows = draw(sum(sizes), seed)
    moments = collect(*torch.split(rows, sizes))
    assert moments.count == len(rows)
    np.testing.assert_allclose(moments.mean, rows.numpy().mean(0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(rows.numpy(), rowvar=False), rtol=1e-11, atol=1e-11)


@settings(deadline=None, max_examples=40)
@given(sizes=st.tuples(*[st.integers(1, 30)] * 3), seed=st.integers(0, 2**16))
def test_merging_is_associative(sizes: tuple[int, int, int], seed: int) -> None:
    a, b, c = torch.split(draw(sum(sizes), seed), list(sizes))
    left = collect(a)
    left.merge(collect(b))
    left.merge(collect(c))
    tail = collect(b)
    tail.merge(collect(c))
    right = collect(a)
    right.merge(tail)
    assert_same(left, right)
    assert_same(left, collect(a, b, c))


def test_merging_with_nothing_changes_nothing() -> None:
    rows = draw(9, seed=1)
    full, empty = collect(rows), Moments(DIMENSIONS)
    full.merge(Moments(DIMENSIONS))
    empty.merge(full)
    assert_same(full, collect(rows))
    assert_same(empty, full)


def test_a_far_mean_costs_no_precision() -> None:
    rows = draw(500, seed=2)
    far = collect(*torch.split(rows + 1e6, 60))
    torch.testing.assert_close(far.covariance, collect(rows).covariance, rtol=1e-8, atol=1e-8)


def test_single_precision_rows_are_summed_in_double() -> None:
    rows = draw(1000, seed=3, offset=100).float()
    moments = collect(*torch.split(rows, 37))
    assert moments.covariance.dtype == torch.float64
    np.testing.assert_allclose(
        moments.covariance, np.cov(rows.double().numpy(), rowvar=False), rtol=1e-10, atol=1e-10
    )


def test_the_mean_handed_out_is_a_copy() -> None:
    moments = collect(draw(4, seed=4))
    before = moments.mean
    moments.mean.zero_()
    assert torch.equal(moments.mean, before)


def test_a_covariance_takes_two_rows() -> None:
    with pytest.raises(ValueError, match="at least 2 rows, not 1"):
        _ = collect(draw(1, seed=5)).covariance


@pytest.mark.parametrize("shape", [(3,), (3, DIMENSIONS + 1), (1, 3, DIMENSIONS)])
def test_rows_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected features"):
        Moments(DIMENSIONS).update(torch.zeros(shape))


def test_moments_of_other_dimensions_do_not_merge() -> None:
    with pytest.raises(ValueError, match="don't merge"):
        Moments(2).merge(Moments(3))
