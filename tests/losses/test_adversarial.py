"""Losses against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from nas_gan.losses import Hinge, NonSaturating, build_loss

LOG_3 = math.log(3.0)


def test_non_saturating_at_scores_whose_sigmoid_is_a_quarter_half_and_three_quarters() -> None:
    real = torch.tensor([LOG_3, 0.0])  # D = 3/4, 1/2
    generated = torch.tensor([-LOG_3, LOG_3])  # D = 1/4, 3/4
    loss = NonSaturating()
    of_real = (math.log(4 / 3) + math.log(2)) / 2
    of_generated = (math.log(4 / 3) + math.log(4)) / 2
    assert loss.discriminator(real, generated).item() == pytest.approx(of_real + of_generated)
    assert loss.generator(generated).item() == pytest.approx((math.log(4) + math.log(4 / 3)) / 2)


def test_non_saturating_stays_finite_and_keeps_its_gradient_where_the_sigmoid_is_0_or_1() -> None:
    scores = torch.tensor([-1e4], requires_grad=True)
    loss = NonSaturating().generator(scores)
    assert loss.item() == pytest.approx(1e4)
    (gradient,) = torch.autograd.grad(loss, scores)
    assert gradient.item() == pytest.approx(-1.0)
    assert NonSaturating().discriminator(torch.tensor([1e4]), torch.tensor([-1e4])).item() == 0.0


def test_hinge_counts_only_scores_inside_the_margin() -> None:
    real = torch.tensor([2.0, 1.0, 0.5, -1.0])  # 0, 0, 0.5, 2
    generated = torch.tensor([-3.0, -1.0, 0.0, 2.0])  # 0, 0, 1, 3
    assert Hinge().discriminator(real, generated).item() == pytest.approx(2.5 / 4 + 4.0 / 4)


def test_hinge_generator_raises_scores_without_bound() -> None:
    assert Hinge().generator(torch.tensor([5.0, -1.0])).item() == pytest.approx(-2.0)


def test_batches_of_different_sizes_weigh_the_same() -> None:
    one, three = torch.zeros(1), torch.zeros(3)
    assert NonSaturating().discriminator(one, three).item() == pytest.approx(2 * math.log(2))
    assert Hinge().discriminator(three, one).item() == pytest.approx(2.0)


def test_losses_are_found_by_name() -> None:
    assert isinstance(build_loss("non_saturating"), NonSaturating)
    assert isinstance(build_loss("hinge"), Hinge)


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'fisher': take non_saturating or hinge"):
        build_loss("fisher")
