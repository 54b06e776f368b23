"""One update: some steps of the discriminator, then one of the generator."""

from __future__ import annotations

from typing import NamedTuple, final

import torch
from torch import Tensor, nn

from nas_gan.losses import AdversarialLoss, SeparableLoss, auxiliary_classification, build_penalty
from nas_gan.spec.game import Clipping, Game
from nas_gan.training.batches import Batches
from nas_gan.training.drawing import let_draw
from nas_gan.training.optimisers import build_optimiser, load_optimiser_state, optimiser_state
from nas_gan.training.play import gradient_norm
from nas_gan.training.precision import Precision, autocast
from nas_gan.training.state import State, join, load_network_state, network_state
from nas_gan.training.verdict import Verdict


class Batch(NamedTuple):
    """Images float [n, c, r, r], and their labels int64 [n], or those that they were made for."""

    images: Tensor
    labels: Tensor | None


@final
class Update:
    """Trains a generator and a discriminator against each other, one update a call.

    Where the generated batch is shared, the generator is run once for the discriminator's last step and its
    own. Real and generated images pass through the discriminator in separate batches, so that the statistics of
    one don't leak into the other. Both networks are expected in training mode, on the device of the batches.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        batches: Batches,
        loss: AdversarialLoss,
        game: Game,
        precision: Precision,
    ) -> None:
        """`loss`: the game's, which may keep state and belongs to this run alone.

        Raises TypeError for halves that are to move the discriminator apart, of a loss that has none.
        """
        self._halves = _halves_of(loss) if game.training.halves == "apart" else None
        self._generator = generator
        self._discriminator = discriminator
        self._batches = batches
        self._loss = loss
        self._game = game
        self._limits = [part.limit for part in game.regularisers if isinstance(part, Clipping)]
        self._penalties = [
            build_penalty(part) for part in game.regularisers if not isinstance(part, Clipping)
        ]
        self._generator_parameters = list(generator.parameters())
        self._discriminator_weights: list[Tensor] = list(discriminator.parameters())
        self._generator_optimiser = build_optimiser(generator, game.optimisers.generator)
        self._discriminator_optimiser = build_optimiser(
            discriminator, game.optimisers.discriminator, game.optimisers.score_weight_decay
        )
        self._autocast = autocast(batches.device, precision)
        for network in (generator, discriminator):
            let_draw(network, batches.random)

    @property
    def scale_free(self) -> bool:
        """Whether the objective's scores are no logits."""
        return self._loss.scale_free

    def __call__(self) -> Tensor:
        """Take all steps of one update; return float32 `[4]` on the device, see `nas_gan.training.play.STATISTICS`."""
        training = self._game.training
        shares = training.generated_batch == "shared"
        steps = []
        for left in reversed(range(training.discriminator_steps)):
            real = Batch(*self._batches.real())
            made = self._generate(with_graph=shares and left == 0)
            steps.append(
                self._step_discriminator(real, made)
                if self._halves is None
                else self._step_apart(self._halves, real, made)
            )
        generator_loss = self._step_generator(real, made if shares else self._generate(with_graph=True))
        discriminator_loss, real_output, generated_output = torch.stack(steps).mean(dim=0).unbind()
        return torch.stack([discriminator_loss, generator_loss, real_output, generated_output])

    def gradient_norms(self) -> Tensor:
        """Return L2 norms of the last steps' gradients: float32 `[2]`, discriminator's and generator's."""
        return torch.stack([gradient_norm(self._discriminator), gradient_norm(self._generator)])

    def state(self) -> State:
        """Return both networks and their optimisers, what the objective has learnt, and all that is random."""
        return join(
            generator=network_state(self._generator),
            discriminator=network_state(self._discriminator),
            generator_optimiser=optimiser_state(self._generator_optimiser, self._generator),
            discriminator_optimiser=optimiser_state(self._discriminator_optimiser, self._discriminator),
            loss=State(self._loss.state()),
            batches=self._batches.state(),
        )

    def load_state(self, state: State) -> None:
        """Go on from there, but for `gradient_norms`; raises ValueError where it is another run's."""
        load_network_state(self._generator, state.part("generator"), "generator")
        load_network_state(self._discriminator, state.part("discriminator"), "discriminator")
        load_optimiser_state(self._generator_optimiser, self._generator, state.part("generator_optimiser"))
        load_optimiser_state(
            self._discriminator_optimiser, self._discriminator, state.part("discriminator_optimiser")
        )
        self._loss.load_state(state.part("loss").tensors)
        self._batches.load_state(state.part("batches"))

    def _step_discriminator(self, real: Batch, made: Batch) -> Tensor:
        generated_images = made.images.detach()
        with self._autocast:
            real_verdict = self._judge(real.images, self._condition(real.labels))
            generated = self._judge(generated_images, made.labels)
        real_scores, generated_scores = real_verdict.score.float(), generated.score.float()
        loss = self._loss.discriminator(real_scores, generated_scores)
        # The classifier learns from real images alone. Taught on generated ones too, as first published, the
        # two networks can agree on a code for the label that has nothing to do with the real classes.
        total = loss + self._auxiliary(real_verdict, real.labels)
        if self._penalties:
            total = total + self._penalise(real, generated_images)
        self._move_discriminator(total)
        self._loss.after_discriminator_step()
        return _statistics(total, real_scores, generated_scores)

    def _step_apart(self, loss: SeparableLoss, real: Batch, made: Batch) -> Tensor:
        """Take two steps, the second of which sees what the first has made of the discriminator."""
        generated_images = made.images.detach()
        with self._autocast:
            generated_scores = self._judge(generated_images, made.labels).score.float()
        on_generated = loss.on_generated(generated_scores)
        self._move_discriminator(on_generated)
        with self._autocast:
            verdict = self._judge(real.images, self._condition(real.labels))
        real_scores = verdict.score.float()
        rest = loss.on_real(real_scores) + self._auxiliary(verdict, real.labels)
        if self._penalties:
            rest = rest + self._penalise(real, generated_images)
        self._move_discriminator(rest)
        return _statistics(on_generated + rest, real_scores, generated_scores)

    def _move_discriminator(self, loss: Tensor) -> None:
        self._discriminator_optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._discriminator_optimiser.step()
        self._clip()

    def _step_generator(self, real: Batch, made: Batch) -> Tensor:
        with self._autocast:
            verdict = self._judge(made.images, made.labels)
        scores = verdict.score.float()
        real_scores = self._score_again(real) if self._loss.compares else scores.new_empty(0)
        total = self._loss.generator(real_scores, scores) + self._auxiliary(verdict, made.labels)
        self._generator_optimiser.zero_grad()
        # Naming the inputs spares the discriminator's weight gradients, and keeps those of its own step.
        total.backward(inputs=self._generator_parameters)  # type: ignore[no-untyped-call]
        self._generator_optimiser.step()
        return total.detach()

    def _score_again(self, real: Batch) -> Tensor:
        """Return scores of the last real images, by the discriminator as it has become: nothing to learn from."""
        with torch.no_grad(), self._autocast:
            return self._judge(real.images, self._condition(real.labels)).score.float()

    def _generate(self, with_graph: bool) -> Batch:
        size = self._game.training.batch_size
        latent, labels = self._batches.latent(size), self._batches.labels(size)
        with torch.set_grad_enabled(with_graph), self._autocast:
            return Batch(self._generator(latent, labels), labels)

    def _judge(self, images: Tensor, labels: Tensor | None) -> Verdict:
        verdict: Verdict = self._discriminator(images, labels)
        return verdict

    def _condition(self, labels: Tensor | None) -> Tensor | None:
        """Return the labels that a discriminator is shown: none in an unconditional run."""
        return labels if self._game.conditional else None

    def _penalise(self, real: Batch, generated_images: Tensor) -> Tensor:
        """Return all penalties, in full precision: slopes of slopes are too much for bfloat16."""

        def judge(images: Tensor) -> Tensor:
            return self._judge(images, self._condition(real.labels)).score

        generated, random = generated_images.float(), self._batches.random
        return torch.stack(
            [penalty(judge, real.images, generated, random) for penalty in self._penalties]
        ).sum()

    @torch.no_grad()
    def _clip(self) -> None:
        for limit in self._limits:
            torch._foreach_clamp_min_(self._discriminator_weights, -limit)
            torch._foreach_clamp_max_(self._discriminator_weights, limit)

    def _auxiliary(self, verdict: Verdict, labels: Tensor | None) -> Tensor | float:
        """Return the classifier's share of a loss; nothing where there is no classifier or no label to compare with."""
        if self._game.auxiliary_weight == 0 or verdict.class_logits is None or labels is None:
            return 0.0
        return self._game.auxiliary_weight * auxiliary_classification(verdict.class_logits.float(), labels)


def _halves_of(loss: AdversarialLoss) -> SeparableLoss:
    if not isinstance(loss, SeparableLoss):
        raise TypeError(f"{type(loss).__name__} has no halves for real and for generated images")
    return loss


def _statistics(loss: Tensor, real_scores: Tensor, generated_scores: Tensor) -> Tensor:
    """Return what a discriminator step reports: its loss, and the mean outputs."""
    outputs = [real_scores.detach().sigmoid().mean(), generated_scores.detach().sigmoid().mean()]
    return torch.stack([loss.detach(), *outputs])
