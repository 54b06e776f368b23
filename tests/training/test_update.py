"""One update against the same steps written out, and what each network is shown in it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas_gan.losses import AdversarialLoss, build_loss
from nas_gan.spec.game import Adam, Game
from nas_gan.training.batches import Batches
from nas_gan.training.play import STATISTICS
from nas_gan.training.update import Update

MakeGame = Callable[..., Game]
MakeSetup = Callable[..., Any]
SEED = 7


def build_update(setup: Any, loss: AdversarialLoss | None = None) -> Update:
    batches = Batches(setup.data, setup.game, SEED)
    loss = loss or build_loss(setup.game.loss)
    return Update(setup.generator, setup.discriminator, batches, loss, setup.game, "float32")


def adam_by_hand(
    weights: list[Tensor], gradients: list[Tensor], state: list[tuple[Tensor, Tensor]], step: int, config: Any
) -> None:
    """Algorithm 1 of Kingma & Ba 2015 on float64 copies; L2 decay is part of the gradient."""
    for weight, gradient, (mean, square) in zip(weights, gradients, state, strict=True):
        full = gradient.double() + config.weight_decay * weight
        mean.mul_(config.beta1).add_((1 - config.beta1) * full)
        square.mul_(config.beta2).add_((1 - config.beta2) * full * full)
        corrected, scale = mean / (1 - config.beta1**step), (square / (1 - config.beta2**step)).sqrt()
        weight.sub_(config.learning_rate * corrected / (scale + 1e-8))


class Reference:
    """A network's weights in float64, moved by Adam written out; copied back after each step."""

    def __init__(self, network: nn.Module, config: Adam) -> None:
        self.network, self.config, self.steps = network, config, 0
        self.weights = [weight.detach().double() for weight in network.parameters()]
        self.state = [(torch.zeros_like(weight), torch.zeros_like(weight)) for weight in self.weights]

    def step(self, loss: Tensor) -> None:
        self.steps += 1
        parameters = list(self.network.parameters())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
        adam_by_hand(self.weights, list(gradients), self.state, self.steps, self.config)
        with torch.no_grad():
            for parameter, weight in zip(parameters, self.weights, strict=True):
                parameter.copy_(weight)


@pytest.mark.parametrize(
    ("weight_decay", "generated_batch", "halves"),
    [(0.0, "fresh", "joint"), (0.05, "fresh", "joint"), (0.05, "shared", "joint"), (0.05, "shared", "apart")],
)
def test_updates_are_those_written_out(
    make_setup: MakeSetup, make_game: MakeGame, weight_decay: float, generated_batch: str, halves: str
) -> None:
    """Conditional, with an auxiliary classifier, two discriminator steps, and rates that differ."""
    game = make_game(
        discriminator_steps=2,
        # Half a step leaves the classifier alone, which the steps below don't.
        auxiliary_weight=0.0 if halves == "apart" else 0.3,
        classes=3,
        conditional=True,
        generated_batch=generated_batch,
        halves=halves,
        generator=(slow := Adam(learning_rate=1e-3, beta1=0.0, beta2=0.9, weight_decay=weight_decay)),
        discriminator=(
            fast := Adam(learning_rate=3e-3, beta1=0.5, beta2=0.99, weight_decay=2 * weight_decay)
        ),
    )
    setup = make_setup(game)
    update = build_update(setup)
    batches = Batches(setup.data, setup.game, SEED)
    generator = Reference(copy.deepcopy(setup.generator), slow)
    discriminator = Reference(copy.deepcopy(setup.discriminator), fast)

    def classify(verdict: Any, labels: Tensor | None) -> Tensor:
        assert labels is not None
        if verdict.class_logits is None:
            return torch.zeros(())
        logits: Tensor = verdict.class_logits
        return -0.3 * logits.log_softmax(dim=1)[torch.arange(len(labels)), labels].mean()

    for _ in range(3):
        statistics = dict(zip(STATISTICS, update().tolist(), strict=True))
        losses, real_outputs, generated_outputs = [], [], []
        for _ in range(game.training.discriminator_steps):
            images, labels = batches.real()
            latent, wanted = batches.latent(8), batches.labels(8)
            made = generator.network(latent, wanted)
            generated = discriminator.network(made.detach(), wanted)
            on_generated = -F.logsigmoid(-generated.score).mean()
            if halves == "apart":
                discriminator.step(on_generated)
            real = discriminator.network(images, labels)
            on_real = -F.logsigmoid(real.score).mean() + classify(real, labels)
            losses.append((on_generated + on_real).item())
            real_outputs.append(real.score.sigmoid().mean().item())
            generated_outputs.append(generated.score.sigmoid().mean().item())
            discriminator.step(on_real if halves == "apart" else on_generated + on_real)
        if generated_batch == "fresh":
            latent, wanted = batches.latent(8), batches.labels(8)
            made = generator.network(latent, wanted)
        verdict = discriminator.network(made, wanted)
        loss = -F.logsigmoid(verdict.score).mean() + classify(verdict, wanted)
        generator.step(loss)
        assert statistics == pytest.approx(
            {
                "discriminator_loss": sum(losses) / 2,
                "generator_loss": loss.item(),
                "real_output": sum(real_outputs) / 2,
                "generated_output": sum(generated_outputs) / 2,
            },
            rel=1e-4,
        )
    for reference, network in ((generator, setup.generator), (discriminator, setup.discriminator)):
        for weight, parameter in zip(reference.weights, network.parameters(), strict=True):
            torch.testing.assert_close(parameter.detach().double(), weight, rtol=1e-4, atol=1e-5)


def test_weight_decay_shrinks_weights_that_have_a_gradient(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    """The embedding takes no part in an unconditional run, and decay leaves it alone."""
    decay = Adam.model_construct(learning_rate=1e-2, beta1=0.5, beta2=0.999, weight_decay=10.0)
    norms = {}
    for name, optimiser in (
        ("decay", decay),
        ("none", Adam(learning_rate=1e-2, beta1=0.5, beta2=0.999, weight_decay=0.0)),
    ):
        setup = make_setup(make_game(generator=optimiser))
        before = setup.generator.embedding.weight.clone()
        update = build_update(setup)
        for _ in range(20):
            update()
        norms[name] = float(setup.generator.stem.weight.detach().norm())
        assert torch.equal(setup.generator.embedding.weight, before)
    assert norms["decay"] < 0.6 * norms["none"]


@pytest.mark.parametrize("steps", [1, 3])
def test_a_shared_batch_is_made_once_for_both_networks(
    make_setup: MakeSetup, make_game: MakeGame, steps: int
) -> None:
    game = make_game(discriminator_steps=steps, classes=3, conditional=True, generated_batch="shared")
    setup = make_setup(game)
    build_update(setup)()
    made_for = setup.generator.seen_labels
    assert len(made_for) == steps
    *_, (_, last), (_, of_generator) = setup.discriminator.seen
    assert last is of_generator is made_for[-1]
    assert all(weight.grad is not None for weight in setup.generator.body.parameters())
    # One pass a batch: of the running statistics, too.
    assert setup.generator.body[0].num_batches_tracked.item() == steps


@pytest.mark.parametrize("steps", [1, 3])
def test_real_and_generated_images_are_judged_apart_and_as_often_as_asked(
    make_setup: MakeSetup, make_game: MakeGame, steps: int
) -> None:
    setup = make_setup(make_game(discriminator_steps=steps))
    build_update(setup)()
    # Each step judges one real and one generated batch; the generator's step one more generated batch.
    assert [count for count, _ in setup.discriminator.seen] == [8] * (2 * steps + 1)
    assert len(setup.generator.seen_labels) == steps + 1


def test_a_conditional_run_judges_generated_images_by_the_labels_they_were_made_for(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    setup = make_setup(make_game(classes=3, conditional=True))
    build_update(setup)()
    made_for = setup.generator.seen_labels
    (_, real), (_, first), (_, second) = setup.discriminator.seen
    assert real is not None
    assert first is made_for[0]
    assert second is made_for[1]


def test_an_unconditional_run_shows_no_labels(make_setup: MakeSetup, make_game: MakeGame) -> None:
    setup = make_setup(make_game())
    build_update(setup)()
    assert setup.generator.seen_labels == [None, None]
    assert [labels for _, labels in setup.discriminator.seen] == [None, None, None]


def test_without_a_label_to_aim_at_the_classifier_learns_from_real_images_only(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    setup = make_setup(make_game(classes=3, auxiliary_weight=1.0))
    before = setup.discriminator.classifier.weight.clone()
    statistics = build_update(setup)()
    assert not torch.equal(setup.discriminator.classifier.weight, before)
    assert [labels for _, labels in setup.discriminator.seen] == [None, None, None]
    assert statistics.isfinite().all()


def test_the_generators_step_leaves_the_discriminator_and_its_gradients_alone(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    still = Adam.model_construct(learning_rate=0.0, beta1=0.5, beta2=0.999, weight_decay=0.0)
    setup = make_setup(make_game(discriminator=still))
    reference = copy.deepcopy(setup.discriminator)
    update = build_update(setup)
    generator_before = copy.deepcopy(setup.generator)
    update()
    batches = Batches(setup.data, setup.game, SEED)
    images, _ = batches.real()
    generated = generator_before(batches.latent(8), None).detach()
    loss = F.softplus(-reference(images, None).score).mean()
    loss = loss + F.softplus(reference(generated, None).score).mean()
    expected = torch.autograd.grad(loss, list(reference.parameters()))
    for parameter, gradient in zip(setup.discriminator.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)
    norms = update.gradient_norms()
    whole = torch.cat([gradient.flatten().double() for gradient in expected]).norm()
    assert norms[0].item() == pytest.approx(whole.item(), rel=1e-5)
    assert norms[1] > 0


class Relativistic(AdversarialLoss):
    """The relativistic pairing game (Jolicoeur-Martineau 2018); remembers what the generator's loss was shown."""

    scale_free = True
    compares = True

    def __init__(self) -> None:
        self.shown: list[Tensor] = []

    def discriminator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        return F.softplus(generated_scores - real_scores).mean()

    def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
        self.shown.append(real_scores)
        return F.softplus(real_scores - generated_scores).mean()


@pytest.mark.parametrize("generated_batch", ["fresh", "shared"])
def test_a_loss_that_compares_sees_the_last_real_images_in_the_generators_step(
    make_setup: MakeSetup, make_game: MakeGame, generated_batch: str
) -> None:
    """Judged by the discriminator as it has become, with nothing to learn for it."""
    game = make_game(discriminator_steps=2, classes=3, conditional=True, generated_batch=generated_batch)
    setup = make_setup(game)
    loss = Relativistic()
    update = build_update(setup, loss)
    update()
    batches = Batches(setup.data, setup.game, SEED)
    for _ in range(2):
        images, labels = batches.real()
        batches.latent(8), batches.labels(8)
    (shown,) = loss.shown
    assert not shown.requires_grad
    torch.testing.assert_close(shown, setup.discriminator(images, labels).score)
    assert update.gradient_norms()[1] > 0


def test_other_losses_cost_no_further_look_at_real_images(make_setup: MakeSetup, make_game: MakeGame) -> None:
    class Witness(Relativistic):
        compares = False

        def generator(self, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
            self.shown.append(real_scores)
            return -generated_scores.mean()

    setup = make_setup(make_game())
    loss = Witness()
    build_update(setup, loss)()
    assert [len(scores) for scores in loss.shown] == [0]
    assert len(setup.discriminator.seen) == 3
