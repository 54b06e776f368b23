"""The transport distance against other ways to compute it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance

from nas_gan.metrics.plane import compute_transport_distance


def _draw(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_all_matchings(seed: int) -> None:
    points, real = _draw(6, seed), _draw(6, seed + 100) + 1
    squares = (
        float((points - real[list(order)]).square().sum(dim=1).mean())
        for order in itertools.permutations(range(6))
    )
    assert compute_transport_distance(points, real) == pytest.approx(min(squares) ** 0.5)


def test_the_linear_programme_of_optimal_transport() -> None:
    count = 20
    points, real = _draw(count, 0), _draw(count, 1) * 2
    squares = torch.cdist(points, real).square().flatten().numpy()
    each, all_together = np.eye(count), np.ones((1, count))
    leaving, arriving = np.kron(each, all_together), np.kron(all_together, each)
    solved = linprog(squares, A_eq=np.vstack([leaving, arriving]), b_eq=[1 / count] * (2 * count))
    assert compute_transport_distance(points, real) == pytest.approx(math.sqrt(solved.fun or 0.0))


def test_on_a_line_it_is_the_matching_in_order() -> None:
    points, real = _draw(500, 2), _draw(500, 3) * 3 - 1
    points[:, 1] = real[:, 1] = 7.0
    in_order = points[:, 0].sort().values - real[:, 0].sort().values
    distance = compute_transport_distance(points, real)
    assert distance == pytest.approx(float(in_order.square().mean().sqrt()))
    # The 1-Wasserstein distance is never larger, by Jensen's inequality, and equal for a mere shift.
    assert distance >= wasserstein_distance(points[:, 0], real[:, 0])
    shifted = compute_transport_distance(points, points + torch.tensor([0.5, 0.0]))
    assert shifted == pytest.approx(wasserstein_distance(points[:, 0], points[:, 0] + 0.5))
