"""Penalties on how steep a discriminator is, which its loss has to carry beside the adversarial one.

A penalty needs the derivative of a derivative, hence a discriminator whose every layer can be differentiated
twice. Where a layer mixes the images of a batch (batch normalisation, minibatch discrimination), the slope at
one image includes what it does to the scores of the others; the papers leave such layers out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import final

import torch
from torch import Tensor

Judge = Callable[[Tensor], Tensor]
"""A discriminator with its labels filled in: images float `[n, c, r, r]` to scores float `[n]`."""

NOISE_SHARE = 0.5
"""DRAGAN's noise, as a share of the standard deviation of the real images' values."""


class Penalty(ABC):
    """What a discriminator's loss gains from slopes of its scores: a scalar, at least 0, to be minimised."""

    @abstractmethod
    def __call__(self, judge: Judge, real: Tensor, generated: Tensor, random: torch.Generator) -> Tensor:
        """Compute the penalty on one batch.

        Args:
            judge: scores images; where it is conditional, by the labels of the real ones.
            real: float `[n, c, r, r]`.
            generated: the same shape, without a graph of the generator.
            random: where all draws come from, on the images' device.
        """


@final
class GradientPenalty(Penalty):
    """The gradient penalty of Gulrajani et al. 2017 (arXiv 1704.00028, equation 3): weight · E (‖∇D(x̂)‖ - 1)².

    Each x̂ is drawn uniformly from the line between a real and a generated image.
    """

    def __init__(self, weight: float) -> None:
        self._weight = weight

    def __call__(self, judge: Judge, real: Tensor, generated: Tensor, random: torch.Generator) -> Tensor:
        share = torch.rand(len(real), 1, 1, 1, generator=random, device=real.device, dtype=real.dtype)
        slopes = _slopes(judge, torch.lerp(real, generated, share))
        return self._weight * (slopes - 1).square().mean()


@final
class Dragan(Penalty):
    """DRAGAN's penalty (Kodali et al. 2017, arXiv 1705.07215, algorithm 1): weight · E (‖∇D(x + δ)‖ - 1)².

    x is a real image, and δ normal noise of half the standard deviation that all values of the batch have.
    The noise is the paper's; much public code draws it uniformly, upwards only, and takes a random share of it.
    """

    def __init__(self, weight: float) -> None:
        self._weight = weight

    def __call__(self, judge: Judge, real: Tensor, generated: Tensor, random: torch.Generator) -> Tensor:
        noise = torch.randn(real.shape, generator=random, device=real.device, dtype=real.dtype)
        slopes = _slopes(judge, real + NOISE_SHARE * real.std() * noise)
        return self._weight * (slopes - 1).square().mean()


@final
class R1(Penalty):
    """R1 of Mescheder et al. 2018 (arXiv 1801.04406, equation 9): weight/2 · E ‖∇D(x)‖² on real images."""

    def __init__(self, weight: float) -> None:
        self._weight = weight

    def __call__(self, judge: Judge, real: Tensor, generated: Tensor, random: torch.Generator) -> Tensor:
        return 0.5 * self._weight * _slopes(judge, real).square().mean()


def _slopes(judge: Judge, images: Tensor) -> Tensor:
    """Return norms of the scores' gradients at the images: float `[n]`, themselves differentiable by the weights."""
    images = images.detach().requires_grad_()
    (gradients,) = torch.autograd.grad(judge(images).sum(), images, create_graph=True)
    # A norm's own gradient is taken to be 0 at 0, so that a dead discriminator is left alone and not broken.
    norms: Tensor = torch.linalg.vector_norm(gradients.flatten(start_dim=1), dim=1)
    return norms
