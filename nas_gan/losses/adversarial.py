"""Objectives that need nothing but the discriminator's scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

import torch.nn.functional as F
from torch import Tensor


class AdversarialLoss(ABC):
    """The pair of losses two networks play for; both are minimised.

    Scores are float `[n]`, unbounded, high for images taken to be real; n may differ between real and
    generated. Losses are scalars: means over the batch.
    """

    @abstractmethod
    def discriminator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        """What the discriminator minimises."""

    @abstractmethod
    def generator(self, generated_scores: Tensor) -> Tensor:
        """What the generator minimises."""


@final
class NonSaturating(AdversarialLoss):
    """The non-saturating game of Goodfellow et al. 2014 (arXiv 1406.2661, section 3).

    With D = sigmoid(score), the discriminator minimises -log D(x) - log(1 - D(G(z))) and the generator -log
    D(G(z)). Written with softplus(s) = log(1 + exp(s)), which neither overflows nor takes the logarithm of
    zero.
    """

    def discriminator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return F.softplus(-real_scores).mean() + F.softplus(generated_scores).mean()

    def generator(self, generated_scores: Tensor) -> Tensor:
        return F.softplus(-generated_scores).mean()


@final
class Hinge(AdversarialLoss):
    """The hinge game of Lim & Ye 2017 (arXiv 1705.02894) and Tran et al. 2017 (arXiv 1702.08896).

    The discriminator stops caring about a real image once it scores above 1, and about a generated one below
    -1; the generator raises the scores of its images without bound.
    """

    def discriminator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return F.relu(1 - real_scores).mean() + F.relu(1 + generated_scores).mean()

    def generator(self, generated_scores: Tensor) -> Tensor:
        return -generated_scores.mean()


def build_loss(kind: str) -> AdversarialLoss:
    """Return the objective called `kind`: "non_saturating" or "hinge"; any other name is a ValueError."""
    match kind:
        case "non_saturating":
            return NonSaturating()
        case "hinge":
            return Hinge()
        case _:
            raise ValueError(f"unknown adversarial loss {kind!r}: take non_saturating or hinge")
