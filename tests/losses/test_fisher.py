"""Fisher's Lagrangian and multiplier against two steps worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from nas_gan.losses import Fisher
from nas_gan.spec.game import FisherLoss

REAL = torch.tensor([2.0, 0.0])
GENERATED = torch.tensor([1.0, -1.0])


def test_the_lagrangian_and_its_multiplier_over_two_steps() -> None:
    """ρ = 0.5. First Ω = ½ · 2 + ½ · 1 = 1.5, then ½ · 1 + ½ · 0 = 0.5."""
    loss = Fisher(FisherLoss(rho=0.5))
    assert math.isnan(loss.constraint)
    # 1 - 0 + 0 · (1 - 1.5) - ¼ · 0.25
    assert loss.discriminator(REAL, GENERATED).item() == pytest.approx(-0.9375)
    assert loss.constraint.item() == pytest.approx(1.5)
    assert loss.multiplier.item() == 0.0
    loss.after_discriminator_step()
    assert loss.multiplier.item() == pytest.approx(0.25)  # 0 - 0.5 · (1 - 1.5)
    # 1 - 0 + 0.25 · (1 - 0.5) - ¼ · 0.25
    assert loss.discriminator(torch.ones(2), torch.zeros(3)).item() == pytest.approx(-1.0625)
    assert loss.constraint.item() == pytest.approx(0.5)
    loss.after_discriminator_step()
    assert loss.multiplier.item() == pytest.approx(0.0)  # 0.25 - 0.5 · (1 - 0.5)


def test_slopes_of_the_lagrangian() -> None:
    """-1/n + (Λ - ρ (1 - Ω)) s/n for a real score s, and +1/n for a generated one."""
    loss = Fisher(FisherLoss(rho=0.5))
    loss.load_state({"multiplier": torch.tensor(0.75), "constraint": torch.tensor(0.0)})
    real, generated = REAL.clone().requires_grad_(), GENERATED.clone().requires_grad_()
    by_real, by_generated = torch.autograd.grad(loss.discriminator(real, generated), (real, generated))
    assert by_real.tolist() == pytest.approx([0.5, -0.5])  # Λ - ρ (1 - Ω) = 0.75 + 0.25
    assert by_generated.tolist() == pytest.approx([1.0, 0.0])


def test_the_generator_raises_its_scores() -> None:
    assert Fisher(FisherLoss(rho=1e-6)).generator(
        torch.empty(0), torch.tensor([5.0, -1.0])
    ).item() == pytest.approx(-2.0)


def test_a_stored_state_goes_on_where_it_was() -> None:
    one, other = Fisher(FisherLoss(rho=0.1)), Fisher(FisherLoss(rho=0.1))
    one.discriminator(REAL, GENERATED)
    one.after_discriminator_step()
    other.load_state(one.state())
    losses = []
    for loss in (one, other):
        losses.append(loss.discriminator(GENERATED, REAL).item())
        loss.after_discriminator_step()
        losses.append(loss.multiplier.item())
    assert losses[:2] == losses[2:]
