"""Objectives and penalties by their names."""

from __future__ import annotations

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

PUBLISHED_RHO = 1e-6
"""Fisher's ρ in Mroueh & Sercu 2017."""


def build_loss(kind: str, rho: float = PUBLISHED_RHO) -> AdversarialLoss:
    """Make a fresh objective, for one run.

    Args:
        kind: "minimax", "non_saturating", "least_squares", "hinge", "wasserstein" or "fisher"; any other name
            is a ValueError.
        rho: for "fisher" alone, see `Fisher`.
    """
    match kind:
        case "minimax":
            return Minimax()
        case "non_saturating":
            return NonSaturating()
        case "least_squares":
            return LeastSquares()
        case "hinge":
            return Hinge()
        case "wasserstein":
            return Wasserstein()
        case "fisher":
            return Fisher(rho)
        case _:
            known = "minimax, non_saturating, least_squares, hinge, wasserstein or fisher"
            raise ValueError(f"unknown adversarial loss {kind!r}: take {known}")


def build_penalty(kind: str, weight: float) -> Penalty:
    """Make a penalty: "gradient_penalty", "dragan" or "r1"; any other name is a ValueError.

    All three were published with a `weight` of 10.
    """
    match kind:
        case "gradient_penalty":
            return GradientPenalty(weight)
        case "dragan":
            return Dragan(weight)
        case "r1":
            return R1(weight)
        case _:
            raise ValueError(f"unknown penalty {kind!r}: take gradient_penalty, dragan or r1")
