"""Penalties on discriminators whose slopes are known in closed form, and where they look."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from nas_gan.losses import R1, Dragan, GradientPenalty, Penalty, build_penalty
from nas_gan.spec import game

PENALTIES: tuple[Penalty, ...] = (GradientPenalty(weight=10.0), Dragan(weight=10.0), R1(weight=10.0))


def make_random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Witness:
    """A judge that remembers the images it was shown; scores are ½ ‖x‖², with slope x."""

    def __init__(self) -> None:
        self.images = torch.empty(0)

    def __call__(self, images: Tensor) -> Tensor:
        self.images = images.detach()
        return 0.5 * images.flatten(start_dim=1).square().sum(dim=1)


@pytest.mark.parametrize(
    ("penalty", "value", "slope"),
    [
        (GradientPenalty(weight=10.0), 160.0, [48.0, 64.0]),  # 10 · (5 - 1)²; 20 · 4 · w / 5
        (Dragan(weight=10.0), 160.0, [48.0, 64.0]),
        (R1(weight=10.0), 125.0, [30.0, 40.0]),  # 10 / 2 · 5²; 10 · w
        (GradientPenalty(weight=0.5), 8.0, [2.4, 3.2]),
        (Dragan(weight=0.5), 8.0, [2.4, 3.2]),
        (R1(weight=0.5), 6.25, [1.5, 2.0]),
    ],
)
def test_a_linear_discriminator_of_slope_5(penalty: Penalty, value: float, slope: list[float]) -> None:
    """D(x) = 3 x₁ + 4 x₂ - 7 has the same gradient everywhere."""
    weight = torch.tensor([3.0, 4.0], requires_grad=True)

    def judge(images: Tensor) -> Tensor:
        return images.flatten(start_dim=1) @ weight - 7.0

    real, generated = torch.randn(2, 6, 2, 1, 1, generator=make_random()).unbind()
    found = penalty(judge, real, generated, make_random(1))
    assert found.item() == pytest.approx(value)
    assert torch.autograd.grad(found, weight)[0].tolist() == pytest.approx(slope)


def test_r1_of_a_parabola_is_half_the_mean_square_of_the_real_images() -> None:
    real = torch.tensor([[3.0, 4.0], [0.0, 1.0]]).view(2, 1, 1, 2)  # ‖x‖² = 25 and 1
    witness = Witness()
    found = R1(weight=2.0)(witness, real, torch.full_like(real, 100.0), make_random())
    assert found.item() == pytest.approx(13.0)
    assert torch.equal(witness.images, real)


def test_images_weigh_the_same_whatever_their_slopes() -> None:
    """Slopes 5 and 1: the mean of (5 - 1)² and 0, not the square of a mean."""
    same = torch.tensor([[3.0, 4.0], [0.0, 1.0]]).view(2, 2, 1, 1)
    assert GradientPenalty(weight=1.0)(Witness(), same, same, make_random()).item() == pytest.approx(8.0)


def test_the_gradient_penalty_looks_at_one_point_of_each_line_between_real_and_generated() -> None:
    """From 0 to 2: each image is one grey, uniform in between."""
    witness = Witness()
    real = torch.zeros(4_000, 1, 2, 2)
    GradientPenalty(weight=10.0)(witness, real, real + 2.0, make_random())
    greys = witness.images[:, 0, 0, 0] / 2
    assert torch.equal(witness.images, (2 * greys).view(-1, 1, 1, 1).expand_as(real))
    assert 0 <= greys.min() < 0.01
    assert 0.99 < greys.max() <= 1
    # 5 standard errors of mean and variance (1/12).
    assert greys.mean().item() == pytest.approx(0.5, abs=5 * (1 / 12 / 4_000) ** 0.5)
    assert greys.var().item() == pytest.approx(1 / 12, abs=5 * (1 / 180 / 4_000) ** 0.5)


def test_dragan_looks_around_real_images_with_noise_of_half_their_deviation() -> None:
    """Values -3 and 3 deviate by 3 from their mean: the noise by 1.5, in every value by itself."""
    witness = Witness()
    real = torch.tensor([-3.0, 3.0]).repeat(2_000).view(-1, 1, 2, 2)
    Dragan(weight=10.0)(witness, real, torch.full_like(real, 100.0), make_random())
    noise = (witness.images - real).flatten() / 1.5
    assert noise.mean().item() == pytest.approx(0.0, abs=5 / 4_000**0.5)
    assert noise.var().item() == pytest.approx(1.0, abs=5 * (2 / 4_000) ** 0.5)
    assert noise.abs().max() > 3


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_seed_repeats_the_draws(penalty: Penalty) -> None:
    real, generated = torch.randn(2, 5, 1, 2, 2, generator=make_random()).unbind()
    found = [penalty(Witness(), real, generated, make_random(seed)).item() for seed in (1, 1, 2)]
    assert found[0] == found[1]
    assert (found[0] == found[2]) == isinstance(penalty, R1)  # which draws nothing


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_dead_discriminator_gets_a_penalty_and_gradients_that_are_numbers(penalty: Penalty) -> None:
    weight = torch.zeros(4, requires_grad=True)
    images = torch.randn(3, 1, 2, 2, generator=make_random())
    found = penalty(lambda x: torch.relu(x.flatten(1) @ weight), images, images, make_random())
    assert found.item() == pytest.approx(0.0 if isinstance(penalty, R1) else 10.0)
    assert torch.autograd.grad(found, weight)[0].tolist() == [0.0] * 4


def test_every_penalty_of_a_game_is_found() -> None:
    kinds: dict[type[Any], Any] = {game.GradientPenalty: GradientPenalty, game.Dragan: Dragan, game.R1: R1}
    assert set(kinds) == set(get_args(game.Penalty))
    real, generated = torch.randn(2, 5, 1, 2, 2, generator=make_random()).unbind()
    for kind, found in kinds.items():
        built = build_penalty(kind(weight=3.0))
        assert isinstance(built, found)
        values = [each(Witness(), real, generated, make_random(1)).item() for each in (built, found(3.0))]
        assert values[0] == values[1]
