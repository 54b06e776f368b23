"""The terms of a translation's losses (Zhu et al. 2017, arXiv 1703.10593, section 3), as its public code has them."""

from __future__ import annotations

from torch import Tensor


def judged_real(patches: Tensor) -> Tensor:
    """Return what a generator minimises of its images' patches: mean (D - 1)²."""
    return (patches - 1).square().mean()


def judge_loss(real_patches: Tensor, translated_patches: Tensor) -> Tensor:
    """Return what a discriminator minimises: half of mean (D(x) - 1)² + mean D(G(y))²."""
    return 0.5 * (judged_real(real_patches) + translated_patches.square().mean())


def mean_difference(images: Tensor, others: Tensor) -> Tensor:
    """Return the mean absolute difference of a value: of there and back, and of what is of its domain already."""
    return (images - others).abs().mean()
