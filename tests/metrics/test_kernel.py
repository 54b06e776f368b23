from __future__ import annotations

import math
import statistics

import pytest
import torch
from torch import Tensor

from nas_gan.metrics.kernel import compute_kernel_distance


def draw(count: int, dimensions: int, seed: int) -> Tensor:
    return torch.randn(count, dimensions, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def new_generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_it_is_the_sum_over_pairs_written_out() -> None:
    real, generated = draw(5, 3, seed=0), draw(5, 3, seed=1) + 0.5

    def kernel(x: Tensor, y: Tensor) -> float:
        return float(x.dot(y) / 3 + 1) ** 3

    pairs = [(i, j) for i in range(5) for j in range(5)]
    within = sum(kernel(s[i], s[j]) for s in (real, generated) for i, j in pairs if i != j) / 20
    across = sum(kernel(real[i], generated[j]) for i, j in pairs) / 25
    distance = compute_kernel_distance(real, generated, 1, 5, new_generator())
    assert distance == pytest.approx((within - 2 * across, 0))


def test_subsets_that_overlap_are_each_summed_alone() -> None:
    real, generated = draw(12, 3, seed=10), draw(9, 3, seed=11) + 0.5
    generator, alone = new_generator(), []
    for _ in range(4):
        left = real[torch.randperm(12, generator=generator)[:6]]
        right = generated[torch.randperm(9, generator=generator)[:6]]
        alone.append(compute_kernel_distance(left, right, 1, 6, new_generator()).mean)
    distance = compute_kernel_distance(real, generated, 4, 6, new_generator())
    assert distance == pytest.approx((statistics.mean(alone), statistics.pstdev(alone)))


def test_it_grows_with_the_distance_between_the_two() -> None:
    real, generated = draw(400, 8, seed=2), draw(400, 8, seed=3)
    near, far, farther = (
        compute_kernel_distance(real, generated + shift, 5, 200, new_generator()).mean for shift in (0, 1, 2)
    )
    assert abs(near) < 0.1 * far < 0.1 * farther


def test_the_generator_decides_the_subsets() -> None:
    real, generated = draw(50, 4, seed=4), draw(60, 4, seed=5)
    first, again, other = (
        compute_kernel_distance(real, generated, 3, 20, torch.Generator().manual_seed(seed))
        for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other
    assert first.deviation > 0


def test_features_that_are_no_numbers_are_infinitely_far() -> None:
    generated = draw(10, 4, seed=6)
    generated[0, 0] = math.nan
    assert compute_kernel_distance(draw(10, 4, seed=7), generated, 2, 5, new_generator()).mean == math.inf


@pytest.mark.parametrize("subset_size", [1, 9])
def test_subsets_need_rows_to_draw(subset_size: int) -> None:
    with pytest.raises(ValueError, match="can't be drawn"):
        compute_kernel_distance(draw(8, 2, seed=8), draw(20, 2, seed=9), 1, subset_size, new_generator())
