"""Every layer of our discriminators can be differentiated twice, and rightly so."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from nas_gan.losses import R1, GradientPenalty, Penalty
from nas_gan.nets import Discriminator, build_networks
from nas_gan.space import load_space, sample
from nas_gan.spec import Architecture, Image
from nas_gan.training.drawing import let_draw

STEP = 1e-7
"""So small that hardly any of the kinks of a rectifier lies on the way."""

BATCH = 4


@pytest.fixture(scope="module")
def check_double_backward() -> Callable[[Architecture, int], None]:
    """Compares the penalty's slope along a random direction of the weights with a central difference."""

    def check(architecture: Architecture, seed: int) -> None:
        noise = torch.Generator().manual_seed(seed)
        network = spread_weights(build_networks(architecture, seed).discriminator.double(), noise)
        image = architecture.image
        shape = (2, BATCH, image.channels, image.resolution, image.resolution)
        real, generated = torch.randn(shape, generator=noise, dtype=torch.float64).unbind()
        labels = torch.arange(BATCH) % image.classes if image.classes else None
        direction = [draw_like(weight, noise) for weight in network.parameters()]

        def penalise(distance: float) -> tuple[Tensor, list[Tensor]]:
            moved = copy.deepcopy(network)
            weights: list[Tensor] = list(moved.parameters())
            with torch.no_grad():
                for weight, way in zip(weights, direction, strict=True):
                    weight.add_(way, alpha=distance)
            draws = torch.Generator().manual_seed(seed)
            let_draw(moved, draws)
            penalty = choose(seed)
            return penalty(lambda images: moved(images, labels).score, real, generated, draws), weights

        found, weights = penalise(0.0)
        gradients = torch.autograd.grad(found, weights, allow_unused=True, materialize_grads=True)
        assert all(gradient.isfinite().all() for gradient in gradients)
        slope = sum(float((way * gradient).sum()) for way, gradient in zip(direction, gradients, strict=True))
        difference = (penalise(STEP)[0] - penalise(-STEP)[0]).item() / (2 * STEP)
        assert slope == pytest.approx(difference, rel=1e-4, abs=1e-5)

    return check


def choose(seed: int) -> Penalty:
    return R1(weight=10.0) if seed % 2 else GradientPenalty(weight=10.0)


def draw_like(weight: Tensor, noise: torch.Generator) -> Tensor:
    """Normal values that keep a layer's outputs about as large as its inputs."""
    inputs = weight[0].numel() if weight.dim() > 1 else 1
    return torch.randn(weight.shape, generator=noise, dtype=torch.float64) / math.sqrt(inputs)


def spread_weights(network: Discriminator, noise: torch.Generator) -> nn.Module:
    """Weights large enough that every layer counts, and singular vectors that stay as they are."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(draw_like(weight, noise), alpha=0.5)
    for module in network.modules():
        if parametrize.is_parametrized(module):
            module.parametrizations.eval()  # type: ignore[union-attr]
    return network


@pytest.mark.parametrize("seed", range(24))
def test_any_architecture(
    pick_architecture: Callable[[int], Architecture],
    check_double_backward: Callable[[Architecture, int], None],
    seed: int,
) -> None:
    check_double_backward(pick_architecture(seed), seed)


@pytest.mark.parametrize("seed", range(2))
def test_points_of_the_bundled_spaces(
    check_double_backward: Callable[[Architecture, int], None], generating_space: str, seed: int
) -> None:
    digits, points = Image(channels=1, resolution=28, classes=10), Image(channels=2, resolution=1, classes=0)
    image = points if generating_space == "plane" else digits
    check_double_backward(sample(load_space(generating_space), image, random.Random(seed)), seed)
