"""The Fisher game: a critic whose scores are held to unit second moment by a multiplier that learns too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor

from nas_gan.losses.adversarial import AdversarialLoss
from nas_gan.spec.game import FisherLoss


@final
class Fisher(AdversarialLoss):
    """Fisher GAN (Mroueh & Sercu 2017, arXiv 1705.09675, algorithm 1).

    With the constraint Ω = ½ E f(x)² + ½ E f(G(z))² and the multiplier Λ, the discriminator f (their critic)
    maximises the augmented Lagrangian E f(x) - E f(G(z)) + Λ (1 - Ω) - ρ/2 (1 - Ω)²; what it minimises here is
    minus that. After each of its steps Λ ← Λ - ρ (1 - Ω), from 0. The generator minimises -E f(G(z)).
    ρ, 1e-6 as published, is the weight of the quadratic term and the multiplier's learning rate: the smaller,
    the longer Ω takes to settle near 1.
    """

    scale_free = True

    def __init__(self, spec: FisherLoss) -> None:
        self._rho = spec.rho
        # Scalars without a home: they may meet scores of any device, and from the first step on live there.
        self._multiplier = torch.zeros(())
        self._constraint = torch.full((), torch.nan)

    @property
    def multiplier(self) -> Tensor:
        """Λ: a scalar, on the scores' device."""
        return self._multiplier

    @property
    def constraint(self) -> Tensor:
        """Ω of the discriminator's last batches: a scalar, at least 0 and near 1 once settled; NaN before any."""
        return self._constraint

    def discriminator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        constraint = 0.5 * real_scores.square().mean() + 0.5 * generated_scores.square().mean()
        self._constraint = constraint.detach()
        slack = 1 - constraint
        distance = real_scores.mean() - generated_scores.mean()
        return -(distance + self._multiplier * slack - 0.5 * self._rho * slack.square())

    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return -generated_scores.mean()

    def after_discriminator_step(self) -> None:
        self._multiplier = self._multiplier - self._rho * (1 - self._constraint)

    def state(self) -> Mapping[str, Tensor]:
        return {"multiplier": self._multiplier, "constraint": self._constraint}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        super().load_state(state)
        self._multiplier, self._constraint = state["multiplier"].clone(), state["constraint"].clone()
