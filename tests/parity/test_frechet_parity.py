"""Our Fréchet distance against torch-fidelity's, and against a matrix square root by scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

from nas_gan.metrics.frechet import compute_frechet_distance, compute_real_statistics
from nas_gan.metrics.statistics import Moments


def draw(count: int, dimensions: int, seed: int, scale: float = 1.0) -> Tensor:
    """Like activations behind ReLU: correlated, never negative, float32."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(dimensions, dimensions, generator=generator) / dimensions**0.5
    return scale * torch.relu(torch.randn(count, dimensions, generator=generator) @ mixing + 0.3)


def collect(features: Tensor) -> Moments:
    moments = Moments(features.shape[1])
    for batch in torch.split(features, 100):
        moments.update(batch)
    return moments


@pytest.mark.parametrize(
    ("real_count", "count", "dimensions"),
    [(2000, 1500, 64), (2000, 1500, 256), (600, 120, 256), (100, 90, 128)],
)
def test_as_torch_fidelity(real_count: int, count: int, dimensions: int) -> None:
    real, generated = draw(real_count, dimensions, 0), draw(count, dimensions, 1, scale=1.3)
    theirs = fid_statistics_to_metric(
        fid_features_to_statistics(real.double()),
        fid_features_to_statistics(generated.double()),
        verbose=False,
    )[KEY_METRIC_FID]
    statistics = compute_real_statistics(collect(real))
    assert compute_frechet_distance(statistics, collect(generated)) == pytest.approx(theirs, rel=1e-6)
    assert compute_frechet_distance(statistics, generated) == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize("dimensions", [2, 5, 20])
def test_as_a_matrix_square_root(dimensions: int) -> None:
    real, generated = draw(300, dimensions, 2).double(), draw(200, dimensions, 3, scale=0.6).double()
    covariances = [np.cov(rows.numpy(), rowvar=False) for rows in (real, generated)]
    difference = real.numpy().mean(0) - generated.numpy().mean(0)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = difference @ difference + np.trace(covariances[0] + covariances[1] - 2 * root)
    distance = compute_frechet_distance(compute_real_statistics(collect(real)), collect(generated))
    assert distance == pytest.approx(expected, rel=1e-9)
