"""The Fréchet distance between two Gaussians fitted to features: real images' and generated ones'.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017),
after Dowson and Landau, "The Fréchet distance between multivariate normal distributions" (1982):

    d² = |μr - μf|² + tr Σr + tr Σf - 2 tr √(Σr Σf)

The last trace is the sum of the roots of the eigenvalues of Σr Σf, which are also those of R Σf Rᵀ for any R with
Σr = Rᵀ R: a symmetric matrix, whose eigenvalues are real and cheap. R is the same for every generator scored, so it is
computed once. Here it is triangular, which makes the product cheaper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from nas_gan.metrics.statistics import Moments

BLOCK = 256
"""Side of the product's blocks: small enough to leave out many zeros, large enough for a fast matrix product."""


@dataclass(frozen=True, eq=False)
class RealStatistics:
    """What the distance needs to know of the real images. Float64 and on the CPU, so that devices agree."""

    count: int
    """Images behind the statistics, at least 2."""
    mean: Tensor
    """[d]"""
    covariance: Tensor
    """[d, d]"""
    covariance_root: Tensor
    """R: [d, d], upper triangular, the covariance is Rᵀ R."""

    @property
    def dimensions(self) -> int:
        """Length of one feature vector."""
        return len(self.mean)


def compute_real_statistics(moments: Moments) -> RealStatistics:
    """Return the statistics behind `moments`, and the root of their covariance, which may be singular; O(d³).

    Raises FloatingPointError where a moment is NaN or infinite, and ValueError for fewer than two rows.
    """
    mean, covariance = moments.mean.cpu(), moments.covariance.cpu()
    if not covariance.diagonal().isfinite().all():
        raise FloatingPointError("the features of the real images hold NaN or infinity")
    values, vectors = torch.linalg.eigh(covariance)
    root = torch.linalg.qr((vectors * values.clamp(min=0).sqrt()).T, mode="r").R
    return RealStatistics(moments.count, mean, covariance, root)


def compute_frechet_distance(real: RealStatistics, generated: Moments | Tensor) -> float:
    """Return the squared Fréchet distance d² to generated images' moments or features [n, d].

    At least 0, and lower is better. Of fewer than d images, give the features: no covariance is formed, and the
    result is exact. From moments, the rounding of the many zero eigenvalues then costs up to a millionth of the trace.

    Infinity when `generated` holds NaN or infinity, as a collapsed network's features may. ValueError for fewer
    than two rows.
    """
    if isinstance(generated, Tensor):
        return _compute_from_features(real, generated)
    mean, covariance = generated.mean.cpu(), generated.covariance.cpu()
    if not covariance.diagonal().isfinite().all():
        return math.inf
    # Rounding turns eigenvalues of zero, of which a covariance of few images has many, slightly negative.
    eigenvalues = torch.linalg.eigvalsh(_compute_product(real.covariance_root, covariance)).clamp(min=0)
    shared = eigenvalues.sqrt().sum()
    return _assemble(real, mean, covariance.trace(), shared)


def _compute_product(root: Tensor, covariance: Tensor) -> Tensor:
    """Return the lower triangle of R Σ Rᵀ, all that `eigvalsh` reads, in the order of columns that it wants.

    Block by block, which spares the zeros of R and the other triangle: a third of the time of two products.
    """
    product = torch.zeros_like(covariance)
    for start in range(0, len(root), BLOCK):
        rows = slice(start, start + BLOCK)
        half = root[rows, start:] @ covariance[start:, start:]
        for after in range(start, len(root), BLOCK):
            columns = slice(after, after + BLOCK)
            product[rows, columns] = half[:, after - start :] @ root[columns, after:].T
    return product.T


def _compute_from_features(real: RealStatistics, features: Tensor) -> float:
    if len(features) >= real.dimensions:
        moments = Moments(real.dimensions)
        moments.update(features)
        return compute_frechet_distance(real, moments)
    if len(features) < 2:
        raise ValueError(f"a covariance takes at least 2 rows, not {len(features)}")
    rows = features.cpu().to(torch.float64)
    if not rows.isfinite().all():
        return math.inf
    mean = rows.mean(0)
    factor = (rows - mean) / math.sqrt(len(rows) - 1)
    # Σf is Fᵀ F, so the roots of the eigenvalues of R Fᵀ F Rᵀ are the singular values of F Rᵀ, n × d.
    shared = torch.linalg.svdvals(factor @ real.covariance_root.T).sum()
    return _assemble(real, mean, factor.square().sum(), shared)


def _assemble(real: RealStatistics, mean: Tensor, trace: Tensor, shared: Tensor) -> float:
    """Return d² from its parts; `shared` is tr √(Σr Σf). Clipped, as rounding takes equal Gaussians below 0."""
    difference = real.mean - mean
    distance = difference.dot(difference) + real.covariance.trace() + trace - 2 * shared
    return max(0.0, distance.item())
