"""Objectives and penalties of a game."""

from __future__ import annotations

from typing import assert_never

from nas_gan.losses.adversarial import (
    AdversarialLoss,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Wasserstein,
)
from nas_gan.losses.fisher import Fisher
from nas_gan.losses.penalties import R1, Dragan, GradientPenalty, Penalty
from nas_gan.spec import game


def build_loss(loss: game.Loss) -> AdversarialLoss:
    """Make a fresh objective, for one run."""
    match loss:
        case game.MinimaxLoss():
            return Minimax()
        case game.NonSaturatingLoss():
            return NonSaturating()
        case game.LeastSquaresLoss():
            return LeastSquares()
        case game.HingeLoss():
            return Hinge()
        case game.WassersteinLoss():
            return Wasserstein()
        case game.FisherLoss():
            return Fisher(loss)
        case _:
            assert_never(loss)


def build_penalty(penalty: game.Penalty) -> Penalty:
    """Make what a discriminator's loss gains."""
    match penalty:
        case game.GradientPenalty():
            return GradientPenalty(penalty.weight)
        case game.Dragan():
            return Dragan(penalty.weight)
        case game.R1():
            return R1(penalty.weight)
        case _:
            assert_never(penalty)
