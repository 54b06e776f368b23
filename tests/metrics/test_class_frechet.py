from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nas_gan.metrics.class_frechet import compute_class_distances, compute_class_statistics
from nas_gan.metrics.frechet import compute_frechet_distance, compute_real_statistics
from nas_gan.metrics.statistics import Moments


def draw(count: int, seed: int, dimensions: int = 12) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(dimensions, dimensions, generator=generator)
    rows = torch.randn(count, dimensions, generator=generator) @ mixing
    return rows + torch.randn(dimensions, generator=generator)


def distances(real: Tensor, generated: Tensor, classes: int) -> tuple[float, ...] | None:
    return compute_class_distances(
        compute_class_statistics(real, torch.arange(len(real)) % classes),
        compute_class_statistics(generated, torch.arange(len(generated)) % classes),
    )


def whole_distance(real: Tensor, generated: Tensor) -> float:
    moments = Moments(real.shape[1])
    moments.update(real)
    return compute_frechet_distance(compute_real_statistics(moments), generated)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**16), real=st.integers(6, 60), generated=st.integers(6, 60))
def test_each_class_is_at_the_distance_of_its_own_images(seed: int, real: int, generated: int) -> None:
    """With fewer images than the 12 dimensions, and with more, on either side."""
    left, right = draw(real, seed), draw(generated, seed + 1)
    found = distances(left, right, classes=3)
    assert found is not None
    expected = [whole_distance(left[number::3], right[number::3]) for number in range(3)]
    assert found == pytest.approx(expected, rel=1e-5)


def test_equal_images_are_at_distance_zero_and_swapped_classes_are_not() -> None:
    rows = torch.cat([draw(8, seed=0), draw(8, seed=1) + 50])
    labels = torch.arange(16) // 8
    statistics = compute_class_statistics(rows, labels)
    assert compute_class_distances(statistics, statistics) == pytest.approx([0, 0], abs=1e-4)
    swapped = compute_class_distances(statistics, compute_class_statistics(rows, 1 - labels))
    assert swapped is not None
    assert min(swapped) > 1000


def test_a_class_of_fewer_than_two_images_has_no_distance() -> None:
    rows = draw(7, seed=2)
    for labels in ([0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 2, 2, 2, 2]):
        assert compute_class_statistics(rows, torch.tensor(labels)) == ()
    assert compute_class_statistics(rows[:0], torch.zeros(0, dtype=torch.int64)) == ()
    assert (
        compute_class_distances((), compute_class_statistics(rows, torch.zeros(7, dtype=torch.int64))) is None
    )
    assert distances(draw(12, 0), draw(12, 1), classes=3) is not None
    two, three = (compute_class_statistics(draw(12, 0), torch.arange(12) % classes) for classes in (2, 3))
    assert compute_class_distances(two, three) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_only_the_class_with_numbers_that_are_none_is_infinitely_far(bad: float) -> None:
    generated = draw(12, seed=4)
    generated[1, 3] = bad
    found = distances(draw(12, seed=3), generated, classes=2)
    assert found is not None
    assert found[1] == math.inf
    assert math.isfinite(found[0])
