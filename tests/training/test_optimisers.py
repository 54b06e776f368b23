"""Optimisers against steps worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_gan.spec.game import Adam, Optimiser, Rmsprop
from nas_gan.training.optimisers import build_optimiser

RMSPROP = Rmsprop(learning_rate=0.01, decay=0.99, weight_decay=0.0)
ADAM = Adam(learning_rate=0.01, beta1=0.5, beta2=0.999, weight_decay=0.0)


class OneWeightEach(nn.Module):
    """Features and a score of one weight each, both 1; `scores` only begins like the other's name."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Linear(1, 1, bias=False)
        self.score = nn.Linear(1, 1, bias=False)
        self.scores = nn.Linear(1, 1, bias=False)
        for weight in self.parameters():
            nn.init.ones_(weight)

    def weights(self) -> list[float]:
        return [weight.item() for weight in self.parameters()]


def step(network: nn.Module, optimiser: torch.optim.Optimizer, gradient: float) -> None:
    for weight in network.parameters():
        weight.grad = torch.full_like(weight, gradient)
    optimiser.step()


def test_rmsprop_divides_by_the_root_of_the_average_square() -> None:
    """v = 0.01 · 2² = 0.04, a step of 0.01 · 2 / 0.2; then 0.99 · 0.04 + 0.01 · 1², and 0.01 · 1 / √0.0496."""
    network = OneWeightEach()
    optimiser = build_optimiser(network, RMSPROP)
    step(network, optimiser, 2.0)
    assert network.weights() == pytest.approx([0.9] * 3)
    step(network, optimiser, 1.0)
    assert network.weights() == pytest.approx([0.9 - 0.0449013] * 3, abs=1e-6)


def test_weight_decay_of_rmsprop_joins_the_gradient() -> None:
    """1.2 + 0.8 · 1 = 2: v = 0.5 · 4, a step of 0.01 · 2 / √2. Not joined it would be 0.01 · √2 + …"""
    network = OneWeightEach()
    config = Rmsprop(learning_rate=0.01, decay=0.5, weight_decay=0.8)
    optimiser = build_optimiser(network, config)
    step(network, optimiser, 1.2)
    assert network.weights() == pytest.approx([1 - 0.0141421] * 3, abs=1e-6)
    # v = 0.5 · 2 + 0.5 · 0.788686²; the gradient is decay alone.
    step(network, optimiser, 0.0)
    assert network.weights() == pytest.approx([0.9858579 - 0.00788686 / 1.145005] * 3, abs=1e-6)


@pytest.mark.parametrize(("config", "first_step"), [(ADAM, 0.01), (RMSPROP, 0.1)])
def test_the_score_has_a_weight_decay_of_its_own(config: Optimiser, first_step: float) -> None:
    """With no other gradient the first step has the same length whatever the decay, and there is none without."""
    network = OneWeightEach()
    step(network, build_optimiser(network, config, score_weight_decay=1e-3), 0.0)
    assert network.weights() == pytest.approx([1.0, 1 - first_step, 1.0], abs=1e-5)


def test_the_rest_decays_as_configured_and_the_score_not_at_all_if_so_told() -> None:
    network = OneWeightEach()
    config = Adam(learning_rate=0.01, beta1=0.5, beta2=0.999, weight_decay=1e-3)
    step(network, build_optimiser(network, config, score_weight_decay=0.0), 0.0)
    assert network.weights() == pytest.approx([0.99, 1.0, 0.99], abs=1e-5)


def test_spectral_normalisation_does_not_hide_the_score() -> None:
    network = OneWeightEach()
    nn.utils.parametrizations.spectral_norm(network.score)
    optimiser = build_optimiser(network, ADAM, score_weight_decay=0.5)
    names = {id(weight): name for name, weight in network.named_parameters()}
    decayed = [names[id(weight)] for weight in optimiser.param_groups[1]["params"]]
    assert decayed == ["score.parametrizations.weight.original"]


def test_a_network_without_a_score_has_nothing_to_decay() -> None:
    with pytest.raises(ValueError, match=r"begins with 'score\.'"):
        build_optimiser(nn.Linear(1, 1), ADAM, score_weight_decay=1e-3)
