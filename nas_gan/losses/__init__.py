"""Adversarial objectives, one small object each, and what is added to them.

An objective turns the discriminator's scores into the two losses. What looks at more than the scores (a
penalty on gradients, a classifier's verdict) is a separate term that the update adds, so that each can be
read and checked alone.
"""

from __future__ import annotations

from nas_gan.losses.adversarial import (
    AdversarialLoss,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    SeparableLoss,
    Wasserstein,
)
from nas_gan.losses.build import build_loss, build_penalty
from nas_gan.losses.classification import auxiliary_classification
from nas_gan.losses.fisher import Fisher
from nas_gan.losses.penalties import R1, Dragan, GradientPenalty, Penalty

__all__ = [
    "R1",
    "AdversarialLoss",
    "Dragan",
    "Fisher",
    "GradientPenalty",
    "Hinge",
    "LeastSquares",
    "Minimax",
    "NonSaturating",
    "Penalty",
    "SeparableLoss",
    "Wasserstein",
    "auxiliary_classification",
    "build_loss",
    "build_penalty",
]
