"""The kernel distance: the squared maximum mean discrepancy between features under a cubic kernel.

Bińkowski et al., "Demystifying MMD GANs" (2018). Unlike the Fréchet distance its estimate is unbiased, so few
images do.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor


class KernelDistance(NamedTuple):
    """Mean and standard deviation (of the population) over the subsets."""

    mean: float
    deviation: float


def compute_kernel_distance(
    real: Tensor, generated: Tensor, subsets: int, subset_size: int, generator: torch.Generator
) -> KernelDistance:
    """Unbiased estimate of MMD² between `real` [n, d] and `generated` [m, d], about 0 when they are alike.

    Lower is better. The mean over `subsets` pairs of `subset_size` rows, drawn from each side without
    replacement by `generator` (on the CPU). The kernel is (x·y / d + 1)³. It may be slightly negative.
    Infinity when either side holds NaN or infinity. ValueError when a side has fewer than `subset_size` rows,
    or that is below 2.
    """
    if not 2 <= subset_size <= min(len(real), len(generated)):
        raise ValueError(
            f"subsets of {subset_size} rows can't be drawn from {len(real)} and {len(generated)}"
        )
    if not (real.isfinite().all() and generated.isfinite().all()):
        return KernelDistance(math.inf, 0.0)
    real, generated = real.cpu().to(torch.float64), generated.cpu().to(torch.float64)
    estimates = torch.tensor(
        [
            _estimate(
                real[torch.randperm(len(real), generator=generator)[:subset_size]],
                generated[torch.randperm(len(generated), generator=generator)[:subset_size]],
            )
            for _ in range(subsets)
        ],
        dtype=torch.float64,
    )
    return KernelDistance(estimates.mean().item(), estimates.std(correction=0).item())


def _estimate(real: Tensor, generated: Tensor) -> float:
    """MMD² of two sets of the same size; an image is not compared with itself."""
    size = len(real)
    within = _sum_of_pairs(real) + _sum_of_pairs(generated)
    across = _kernel(real, generated).sum().item()
    return within / (size * (size - 1)) - 2 * across / size**2


def _sum_of_pairs(rows: Tensor) -> float:
    kernel = _kernel(rows, rows)
    return (kernel.sum() - kernel.trace()).item()


def _kernel(left: Tensor, right: Tensor) -> Tensor:
    return (left @ right.T).div_(left.shape[1]).add_(1).pow_(3)
