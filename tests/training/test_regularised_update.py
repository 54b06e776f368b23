"""Penalties and clipped weights as an update applies them, and Fisher's constraint over a real run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas_gan.losses import build_loss
from nas_gan.spec.game import R1, Adam, Clipping, FisherLoss, Game, GradientPenalty, Rmsprop
from nas_gan.training import Trainer, TrainingData
from nas_gan.training.batches import Batches
from nas_gan.training.play import STATISTICS
from nas_gan.training.update import Update

MakeGame = Callable[..., Game]
MakeSetup = Callable[..., Any]
SEED = 7
PENALTIES = ("gradient_penalty", "dragan", "r1")


def build_update(setup: Any) -> Update:
    batches, loss = Batches(setup.data, setup.game, SEED), build_loss(setup.game.loss)
    return Update(setup.generator, setup.discriminator, batches, loss, setup.game, "float32")


def test_the_penalty_joins_the_discriminators_loss_and_its_gradient(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    """R1 with weight 10, image by image: 5 times the mean of the squared slopes."""
    setup = make_setup(make_game(), "hinge", penalty="r1")
    discriminator, generator = copy.deepcopy(setup.discriminator), copy.deepcopy(setup.generator)
    statistics = dict(zip(STATISTICS, build_update(setup)().tolist(), strict=True))

    batches = Batches(setup.data, setup.game, SEED)
    real = batches.real()[0].requires_grad_()
    generated = generator(batches.latent(8), None).detach()
    loss = F.relu(1 - discriminator(real, None).score).mean()
    loss = loss + F.relu(1 + discriminator(generated, None).score).mean()
    penalty = torch.zeros(())
    for index in range(8):
        score = discriminator(real[index : index + 1], None).score.squeeze()
        slope = torch.autograd.grad(score, real, create_graph=True)[0][index]
        penalty = penalty + 5.0 * slope.square().sum() / 8
    weights = [weight for weight in discriminator.parameters() if weight is not discriminator.score.bias]
    gradients = torch.autograd.grad(loss + penalty, weights)
    trained = [weight.grad for weight in setup.discriminator.parameters() if weight.shape != (1,)]
    assert statistics["discriminator_loss"] == pytest.approx((loss + penalty).item(), rel=1e-5)
    assert penalty.item() > 0.05
    for found, expected in zip(trained, gradients, strict=True):
        torch.testing.assert_close(found, expected)


def test_penalties_add_up_and_stand_beside_clipping(make_setup: MakeSetup, make_game: MakeGame) -> None:
    """The slopes of a real image are the same whatever else is penalised in the same step."""
    r1, pull = R1(weight=10.0), GradientPenalty(weight=10.0)
    losses = []
    for regularisers in ((), (r1,), (pull,), (r1, Clipping(limit=0.01), pull)):
        setup = make_setup(make_game(regularisers=regularisers))
        losses.append(build_update(setup)()[0].item())
    none, first, second, both = losses
    assert min(first, second) > none + 0.01
    assert both - none == pytest.approx((first - none) + (second - none), rel=1e-4)
    assert all(weight.abs().max() <= 0.01 for weight in setup.discriminator.parameters())


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_conditional_discriminator_is_penalised_with_the_labels_of_the_real_images(
    make_setup: MakeSetup, make_game: MakeGame, penalty: str
) -> None:
    setup = make_setup(make_game(classes=3, conditional=True), "wasserstein", penalty=penalty)
    build_update(setup)()
    real, _, penalised, _ = setup.discriminator.seen
    assert real[1] is not None
    assert penalised[1] is real[1]


def test_labels_of_an_auxiliary_classifier_alone_are_not_shown(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    setup = make_setup(make_game(classes=3, auxiliary_weight=1.0), "hinge", penalty="gradient_penalty")
    build_update(setup)()
    assert [labels for _, labels in setup.discriminator.seen] == [None] * 4


def test_a_penalty_flattens_the_discriminator(make_setup: MakeSetup, make_game: MakeGame) -> None:
    """Without one the critic of a standing generator grows ever steeper; with one it keeps near slope 1."""
    still, keen = (
        Adam.model_construct(learning_rate=0.0, beta1=0.5, beta2=0.999, weight_decay=0.0),
        Adam(learning_rate=1e-2, beta1=0.5, beta2=0.999, weight_decay=0.0),
    )
    slopes = {}
    for penalty in (None, "gradient_penalty"):
        game = make_game(batch_size=32, generator=still, discriminator=keen)
        setup = make_setup(game, "wasserstein", penalty=penalty)
        update = build_update(setup)
        for _ in range(100):
            update()
        images, _ = Batches(setup.data, setup.game, SEED).real()
        scores = setup.discriminator(images.requires_grad_(), None).score
        gradients = torch.autograd.grad(scores.sum(), images)[0]
        slopes[penalty] = gradients.flatten(1).norm(dim=1).mean().item()
    assert slopes[None] > 5
    assert 0.5 < slopes["gradient_penalty"] < 1.5


def test_clipping_bounds_every_weight_of_the_discriminator_and_nothing_else(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    rmsprop = Rmsprop(learning_rate=5e-3, decay=0.99, weight_decay=0.0)
    game = make_game(discriminator=rmsprop, regularisers=(Clipping(limit=0.01),))
    setup = make_setup(game, "wasserstein")
    setup.discriminator.register_buffer("untouched", torch.full((2,), 5.0))
    update = build_update(setup)
    for _ in range(5):
        update()
    for name, weight in setup.discriminator.named_parameters():
        assert weight.abs().max() <= 0.01, name
    assert setup.discriminator.score.weight.abs().max().item() == pytest.approx(0.01)
    assert setup.discriminator.untouched.tolist() == [5.0, 5.0]
    assert setup.generator.stem.weight.abs().max() > 0.1


def test_without_a_limit_weights_are_left_alone(make_setup: MakeSetup, make_game: MakeGame) -> None:
    setup = make_setup(make_game(), "wasserstein")
    build_update(setup)()
    assert setup.discriminator.score.weight.abs().max() > 0.05


class Scores(NamedTuple):
    score: Tensor
    class_logits: None = None


class Perceptron(nn.Module):
    """One hidden layer: from latents to points of the plane, or from points to scores."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, 64), nn.LeakyReLU(0.2), nn.Linear(64, outputs))

    def forward(self, values: Tensor, labels: Tensor | None) -> Any:
        outputs = self.layers(values.flatten(start_dim=1))
        return outputs[:, :, None, None] if outputs.shape[1] == 2 else Scores(outputs.squeeze(1))


def test_fishers_constraint_settles_near_1(make_game: MakeGame) -> None:
    """On points of a circle, with ρ = 0.05 rather than 1e-6 so that it takes a second.

    Scaling f by c turns the Lagrangian into c·d + Λ (1 - c²·Ω), d being the difference of means. Where no scaling
    improves on Ω = 1, Λ is half of d; and the loss is then -d.
    """
    random = torch.Generator().manual_seed(0)
    angles = 2 * torch.pi * torch.rand(500, generator=random)
    points = torch.stack((angles.cos(), angles.sin()), dim=1)[:, :, None, None]
    game = make_game(
        loss=FisherLoss(rho=0.05),
        batch_size=64,
        discriminator_steps=2,
        latent_dim=4,
        discriminator=Adam(learning_rate=3e-3, beta1=0.5, beta2=0.999, weight_decay=0.0),
        generator=Adam(learning_rate=3e-5, beta1=0.5, beta2=0.999, weight_decay=0.0),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        networks = Perceptron(4, 2), Perceptron(2, 1)
    trainer = Trainer(*networks, TrainingData(points, None), game, SEED)

    def learnt(name: str) -> float:
        return trainer.state().part("update").part("loss").tensors[name].item()

    constraints = []
    for update in range(1, 401):
        trainer.advance(update * 128)
        constraints.append(learnt("constraint"))
    assert constraints[0] < 0.2
    last = torch.tensor(constraints[-100:])
    assert last.mean().item() == pytest.approx(1.0, abs=0.05)
    assert last.std().item() < 0.2
    losses = [point.discriminator_loss for point in trainer.curve[-100:]]
    assert learnt("multiplier") == pytest.approx(-sum(losses) / 200, rel=0.1)
