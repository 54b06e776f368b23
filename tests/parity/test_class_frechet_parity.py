"""Our distance of a class against a matrix square root by scipy, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from nas_gan.metrics.class_frechet import compute_class_distances, compute_class_statistics


def by_square_root(real: Tensor, generated: Tensor) -> float:
    sides = [rows.double().numpy() for rows in (real, generated)]
    covariances = [np.cov(rows, rowvar=False) for rows in sides]
    difference = sides[0].mean(0) - sides[1].mean(0)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    return float(difference @ difference + np.trace(covariances[0] + covariances[1] - 2 * root))


@pytest.mark.parametrize(("real_count", "count"), [(90, 60), (90, 12), (15, 60), (15, 12)])
def test_as_a_matrix_square_root(real_count: int, count: int) -> None:
    """20 dimensions: more images than that on both sides, on one, and on none."""
    generator = torch.Generator().manual_seed(real_count + count)
    mixing = torch.randn(20, 20, generator=generator)
    real = torch.relu(torch.randn(2 * real_count, 20, generator=generator) @ mixing)
    generated = torch.relu(torch.randn(2 * count, 20, generator=generator) @ mixing * 0.7 + 0.2)
    found = compute_class_distances(
        compute_class_statistics(real, torch.arange(len(real)) % 2),
        compute_class_statistics(generated, torch.arange(len(generated)) % 2),
    )
    expected = [by_square_root(real[number::2], generated[number::2]) for number in range(2)]
    assert found == pytest.approx(expected, rel=1e-5)
