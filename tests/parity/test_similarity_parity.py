"""Our MS-SSIM against one written window by window from the formulas of the papers, in numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nas_gan.metrics.similarity import compute_similarity, count_scales

Plane = NDArray[np.float64]
WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]


def gaussian(taps: int) -> Plane:
    """A window whose deviation is 1.5 at 11 taps, summing to 1."""
    deviation, middle = 1.5 * taps / 11, taps // 2
    weights = np.array(
        [
            [math.exp(-((y - middle) ** 2 + (x - middle) ** 2) / (2 * deviation**2)) for x in range(taps)]
            for y in range(taps)
        ]
    )
    normalised: Plane = weights / weights.sum()
    return normalised


def compare(first: Plane, second: Plane) -> tuple[float, float]:
    """Means over all windows of l · c · s, and of c · s, with grey values from 0 to 255."""
    taps = min(11, len(first) - (len(first) + 1) % 2)
    weights, one, two, whole, part = gaussian(taps), (0.01 * 255) ** 2, (0.03 * 255) ** 2, [], []
    for top in range(len(first) - taps + 1):
        for left in range(len(first) - taps + 1):
            x = first[top : top + taps, left : left + taps]
            y = second[top : top + taps, left : left + taps]
            mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
            variance_x, variance_y = (weights * (x - mean_x) ** 2).sum(), (weights * (y - mean_y) ** 2).sum()
            covariance = (weights * (x - mean_x) * (y - mean_y)).sum()
            part.append((2 * covariance + two) / (variance_x + variance_y + two))
            whole.append((2 * mean_x * mean_y + one) / (mean_x**2 + mean_y**2 + one) * part[-1])
    return float(np.mean(whole)), float(np.mean(part))


def similarity(first: Plane, second: Plane, scales: int) -> float:
    """The product over scales, of planes [r, r]."""
    product, total = 1.0, sum(WEIGHTS[:scales])
    for scale in range(scales):
        whole, part = compare(first, second)
        product *= max(0.0, whole if scale == scales - 1 else part) ** (WEIGHTS[scale] / total)
        side = len(first) // 2 * 2
        first, second = (
            (
                plane[:side:2, :side:2]
                + plane[1:side:2, :side:2]
                + plane[:side:2, 1:side:2]
                + plane[1:side:2, 1:side:2]
            )
            / 4
            for plane in (first, second)
        )
    return product


@pytest.mark.parametrize(
    ("resolution", "channels", "scales"),
    [(8, 1, 1), (9, 3, 1), (21, 1, 1), (28, 1, 2), (23, 3, 2), (45, 1, 3)],
)
def test_as_the_formulas(resolution: int, channels: int, scales: int) -> None:
    random = np.random.default_rng(resolution)
    shape = (3, channels, resolution, resolution)
    first = random.integers(0, 256, shape)
    second = np.clip(first + random.normal(0, 60, shape), 0, 255).astype(int)
    second[2] = 255 - first[2]
    assert count_scales(resolution) == scales
    expected = [
        np.mean([similarity(x.astype(float), y.astype(float), scales) for x, y in zip(*pair, strict=True)])
        for pair in zip(first, second, strict=True)
    ]
    found = compute_similarity(torch.from_numpy(first).byte(), torch.from_numpy(second).byte())
    assert found.tolist() == pytest.approx(expected, rel=1e-8, abs=1e-12)
    assert expected[0] > 0.5
    assert found[2] < 0.01
