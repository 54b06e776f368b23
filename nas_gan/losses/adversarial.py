"""What an adversarial objective is, and those that need nothing but the discriminator's scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, final

import torch.nn.functional as F
from torch import Tensor


class AdversarialLoss(ABC):
    """The pair of losses two networks play for; both are minimised.

    Scores are float `[n]`, unbounded, high for images taken to be real; n may differ between real and
    generated. Losses are scalars: means over the batch. One object serves one run: it may keep state.
    """

    scale_free: ClassVar[bool]
    """Whether scores are no logits: their order means something, and how large they are nothing."""

    compares: ClassVar[bool] = False
    """Whether the generator's loss looks at real scores too, which then cost a pass of the discriminator."""

    @abstractmethod
    def discriminator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        """Return what the discriminator minimises."""

    @abstractmethod
    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        """Return what the generator minimises; `real_scores` [0], none at all, unless the objective `compares`."""

    def after_discriminator_step(self) -> None:  # noqa: B027 - most objectives have nothing to do then
        """Take note that the discriminator has taken a step on the loss last asked for."""

    def state(self) -> Mapping[str, Tensor]:
        """Return what the objective has learnt in the run so far, to be stored: tensors by name, none for most."""
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a stored state; raises ValueError where it is another objective's."""
        if set(state) != set(self.state()):
            raise ValueError(f"the state has {sorted(state)}, not {sorted(self.state())}")


class SeparableLoss(AdversarialLoss):
    """An objective in which what the discriminator minimises is a sum over real and over generated images."""

    @abstractmethod
    def on_real(self, scores: Tensor) -> Tensor:
        """Return what the discriminator loses on real images."""

    @abstractmethod
    def on_generated(self, scores: Tensor) -> Tensor:
        """Return what it loses on generated images."""

    @final
    def discriminator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return self.on_real(real_scores) + self.on_generated(generated_scores)


@final
class Minimax(SeparableLoss):
    """The saturating game of Goodfellow et al. 2014 (arXiv 1406.2661, equation 1).

    With D = sigmoid(score), the discriminator minimises -log D(x) - log(1 - D(G(z))) and the generator log(1 -
    D(G(z))), whose gradient vanishes where the discriminator is sure. Written with softplus(s) = log(1 +
    exp(s)), which neither overflows nor takes the logarithm of zero.
    """

    scale_free = False

    def on_real(self, scores: Tensor) -> Tensor:
        return F.softplus(-scores).mean()

    def on_generated(self, scores: Tensor) -> Tensor:
        return F.softplus(scores).mean()

    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return -F.softplus(generated_scores).mean()


@final
class NonSaturating(SeparableLoss):
    """The non-saturating game of Goodfellow et al. 2014 (arXiv 1406.2661, section 3).

    The discriminator plays `Minimax`; the generator minimises -log D(G(z)), whose gradient is largest where the
    discriminator is sure.
    """

    scale_free = False

    def on_real(self, scores: Tensor) -> Tensor:
        return F.softplus(-scores).mean()

    def on_generated(self, scores: Tensor) -> Tensor:
        return F.softplus(scores).mean()

    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return F.softplus(-generated_scores).mean()


@final
class LeastSquares(SeparableLoss):
    """The least squares game of Mao et al. 2016 (arXiv 1611.04076, equation 9).

    The discriminator minimises ½ (D(x) - 1)² + ½ D(G(z))² and the generator ½ (D(G(z)) - 1)², D being the score
    itself.
    """

    scale_free = False

    def on_real(self, scores: Tensor) -> Tensor:
        return 0.5 * (scores - 1).square().mean()

    def on_generated(self, scores: Tensor) -> Tensor:
        return 0.5 * scores.square().mean()

    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return 0.5 * (generated_scores - 1).square().mean()


@final
class Hinge(SeparableLoss):
    """The hinge game of Lim & Ye 2017 (arXiv 1705.02894) and Tran et al. 2017 (arXiv 1702.08896).

    The discriminator stops caring about a real image once it scores above 1, and about a generated one below
    -1; the generator raises the scores of its images without bound.
    """

    scale_free = False

    def on_real(self, scores: Tensor) -> Tensor:
        return F.relu(1 - scores).mean()

    def on_generated(self, scores: Tensor) -> Tensor:
        return F.relu(1 + scores).mean()

    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return -generated_scores.mean()


@final
class Wasserstein(SeparableLoss):
    """The Wasserstein game of Arjovsky et al. 2017 (arXiv 1701.07875, equation 2).

    The discriminator (their critic) minimises E D(G(z)) - E D(x), the generator -E D(G(z)). That is minus a
    distance only while something else keeps the critic's slopes bounded: clipped weights (`weight_limit` of the
    training), a gradient penalty, or spectral normalisation.
    """

    scale_free = True

    def on_real(self, scores: Tensor) -> Tensor:
        return -scores.mean()

    def on_generated(self, scores: Tensor) -> Tensor:
        return scores.mean()

    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return -generated_scores.mean()
