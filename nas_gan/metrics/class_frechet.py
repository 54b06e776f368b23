"""The Fréchet distance within each class: generated images of a class against the real ones of it.

As Dogan scores class-conditional generators (section III of his paper): a generator whose classes are mixed up, or
of which one has collapsed, may still be near the whole data. A class has few images, often fewer than features, so
its covariance is not formed. With Σr = Rᵀ R and Σf = Fᵀ F, where R and F hold the centred features as rows,

    tr √(Σr Σf) = the sum of the singular values of F Rᵀ,

a matrix of as many rows and columns as there are images of either kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class ClassStatistics:
    """What the distance needs to know of one class' features. On the CPU, so that devices agree."""

    mean: Tensor
    """float64 [d]"""
    factor: Tensor
    """float32 [k, d], the covariance is its transpose times itself; k is the number of images, at most d."""


def compute_class_statistics(features: Tensor, labels: Tensor) -> tuple[ClassStatistics, ...]:
    """Return the statistics of features [n, d] for each class of labels int64 [n], from 0 to the highest of them.

    None at all (an empty tuple) where one of those classes has fewer than two images, and so no covariance.
    """
    if len(labels) == 0 or int(labels.bincount().min()) < 2:
        return ()
    rows, labels = features.cpu().to(torch.float64), labels.cpu()
    return tuple(_summarise(rows[labels == number]) for number in range(int(labels.max()) + 1))


def compute_class_distances(
    real: tuple[ClassStatistics, ...], generated: tuple[ClassStatistics, ...]
) -> tuple[float, ...] | None:
    """Return the squared Fréchet distance of each class: at least 0, lower is better, infinite where features are.

    None where either side has no statistics, or they are not of the same number of classes.
    """
    if not real or len(real) != len(generated):
        return None
    return tuple(_measure(*sides) for sides in zip(real, generated, strict=True))


def _summarise(rows: Tensor) -> ClassStatistics:
    mean = rows.mean(0)
    factor = (rows - mean) / math.sqrt(len(rows) - 1)
    if len(rows) > rows.shape[1]:
        factor = torch.linalg.qr(factor, mode="r").R
    return ClassStatistics(mean, factor.to(torch.float32))


def _measure(real: ClassStatistics, generated: ClassStatistics) -> float:
    left, right = generated.factor.to(torch.float64), real.factor.to(torch.float64)
    if not (left.isfinite().all() and right.isfinite().all()):
        return math.inf
    shared = torch.linalg.svdvals(left @ right.T).sum()
    difference = real.mean - generated.mean
    distance = difference.dot(difference) + right.square().sum() + left.square().sum() - 2 * shared
    return max(0.0, float(distance))
