"""The training loop: updates until enough images were seen, watched by guards, with curves as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import nn

from nas_gan.interruption import PatientSignals
from nas_gan.losses import build_loss
from nas_gan.spec.game import Game, TranslationGame
from nas_gan.training.batches import Batches, TrainingData
from nas_gan.training.curves import Curve, CurvePoint, extend_curve
from nas_gan.training.guards import Guards, check_finite, check_weights
from nas_gan.training.moving_average import MovingAverage
from nas_gan.training.play import STATISTICS, Play
from nas_gan.training.precision import Precision
from nas_gan.training.state import State, join
from nas_gan.training.translation_update import TranslationUpdate
from nas_gan.training.update import Update
from nas_gan.training.window import Window

PROGRESS_SECONDS = 1.0


@final
@dataclass(frozen=True)
class Progress:
    """Where a run is. Losses and speed are those of the last window of updates, NaN before the first."""

    images_seen: int
    images_per_second: float
    discriminator_loss: float
    generator_loss: float


def _build_play(
    generator: nn.Module,
    discriminator: nn.Module,
    data: TrainingData,
    game: Game | TranslationGame,
    seed: int,
    precision: Precision,
) -> Play:
    """Make the update of the game's task."""
    if isinstance(game, TranslationGame):
        return TranslationUpdate(generator, discriminator, data, game, seed, precision)
    return Update(generator, discriminator, Batches(data, game, seed), build_loss(game.loss), game, precision)


@final
class Trainer:
    """Trains one pair of networks in place, where the data lies; of a translation, both pairs.

    On a CPU the same seed gives the same weights and the same curve, bit for bit, apart from its speeds.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        data: TrainingData,
        game: Game | TranslationGame,
        seed: int,
        precision: Precision = "float32",
        *,
        guarded: bool = True,
        watch_gradients: bool = False,
    ) -> None:
        """Move the networks to the data's device. Raises ValueError for labels that don't fit the game.

        `guarded`: whether a run that has no future is ended; one whose numbers overflow always is.
        `watch_gradients`: whether the curve tells of every update's gradient norms.
        """
        device = data.images.device
        for network in (generator, discriminator):
            network.to(device)
            if device.type == "cpu":
                # Steps take 12% less time with channels last (median of 16 architectures, none slower).
                network.to(memory_format=torch.channels_last)
        self._generator = generator.train()
        self._discriminator = discriminator.train()
        self._images_per_update = game.training.images_per_update
        self._update = _build_play(generator, discriminator, data, game, seed, precision)
        self._average = MovingAverage(generator, game.training.moving_average)
        self._watch_gradients = watch_gradients
        self._window = Window(device, len(STATISTICS) + 2 * watch_gradients)
        # Limits on losses and outputs mean nothing where the scores' own scale means nothing.
        may_flatten = isinstance(game, Game) and bool(game.regularisers)
        guards = Guards(batch_size=game.training.batch_size, may_flatten=may_flatten)
        self._guards = guards if guarded and not self._update.scale_free else None
        self._images_seen = 0
        self._seconds = 0.0
        self._curve: Curve = ()
        self._is_whole = True

    @property
    def images_seen(self) -> int:
        """Real images that the discriminator has been shown."""
        return self._images_seen

    @property
    def training_seconds(self) -> float:
        """Time that all updates took, those before a `load_state` included."""
        return self._seconds

    @property
    def curve(self) -> Curve:
        """What was recorded so far."""
        return self._curve

    @property
    def averaged_generator(self) -> nn.Module:
        """The generator to score and keep: the moving average, in evaluation mode."""
        return self._average.module

    def advance(self, images_seen: int, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Train until at least `images_seen` images were seen in all.

        `on_progress` is called after the first update, then about once a second, and after the last; what it
        raises ends the call between two updates, and a later call up to the same number goes on from there as
        if nothing had been. So do Ctrl-C and SIGTERM, which wait for the update's end. Raises Diverged where a
        guard gives up.
        """
        next_report, reported = time.monotonic(), self._images_seen
        with PatientSignals() as signals:
            while self._images_seen < images_seen:
                with signals.undivided():
                    self._take_update(images_seen)
                now = time.monotonic()
                if on_progress is not None and now >= next_report:
                    next_report, reported = now + PROGRESS_SECONDS, self._images_seen
                    on_progress(self._progress())
        check_weights(self._generator, "generator", self._images_seen)
        check_weights(self._discriminator, "discriminator", self._images_seen)
        if on_progress is not None and reported != self._images_seen:
            on_progress(self._progress())

    def state(self) -> State:
        """Return a copy of all that the run's future depends on, on the CPU: `load_state` of it in a trainer of the
        same configuration, networks and data goes on with the same bits.

        Raises RuntimeError where an error has cut an update in two: from there nothing goes on.
        """
        if not self._is_whole:
            raise RuntimeError("an update was cut in two")
        own = State({}, {"images_seen": self._images_seen, "seconds": self._seconds})
        return join(
            trainer=own,
            update=self._update.state(),
            average=self._average.state(),
            window=self._window.state(),
            guards=State() if self._guards is None else self._guards.state(),
            curve=State({}, {"points": [point.facts() for point in self._curve]}),
        ).copied()

    def load_state(self, state: State) -> None:
        """Go on from there; raises ValueError where it is the state of another run.

        What was half loaded by then is of no use.
        """
        self._is_whole = False
        try:
            self._update.load_state(state.part("update"))
            self._average.load_state(state.part("average"))
            self._window.load_state(state.part("window"))
            if self._guards is not None:
                self._guards.load_state(state.part("guards"))
            self._curve = tuple(CurvePoint(**point) for point in state.part("curve").facts["points"])
            own = state.part("trainer").facts
            self._images_seen, self._seconds = own["images_seen"], own["seconds"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"the state lacks something: {error}") from None
        self._is_whole = True

    @property
    def is_whole(self) -> bool:
        """Whether the run stands between two updates, and has a state."""
        return self._is_whole

    def _take_update(self, images_wanted: int) -> None:
        """Take one update with all that is recorded of it. The last one wanted closes its window, half full or not."""
        self._is_whole = False
        began = time.monotonic()
        statistics = self._update()
        if self._watch_gradients:
            statistics = torch.cat([statistics, self._update.gradient_norms()])
        self._window.add(statistics)
        self._average.update()
        self._images_seen += self._images_per_update
        self._window.seconds += time.monotonic() - began
        if self._window.is_full or self._images_seen >= images_wanted:
            # Not later: what is read of the gradients is gone once a run was interrupted.
            self._read_window()
        self._seconds += time.monotonic() - began
        self._is_whole = True

    def _read_window(self) -> None:
        began = time.monotonic()
        rows, norms = self._window.read().tensor_split([len(STATISTICS)], dim=1)
        if not self._watch_gradients:
            norms = self._update.gradient_norms()[None].cpu()
        # Reading waits for the device: only now are the window's updates done.
        seconds = self._window.seconds + time.monotonic() - began
        check_finite(rows, norms, self._images_seen)
        discriminator_loss, generator_loss, real_output, generated_output = rows.mean(dim=0).tolist()
        updates = self._window.updates
        self._window.clear()
        point = CurvePoint(
            images_seen=self._images_seen,
            updates=updates,
            discriminator_loss=discriminator_loss,
            generator_loss=generator_loss,
            real_output=real_output,
            generated_output=generated_output,
            discriminator_gradient_norm=float(norms[:, 0].mean()),
            generator_gradient_norm=float(norms[:, 1].mean()),
            images_per_second=updates * self._images_per_update / max(seconds, 1e-9),
            discriminator_gradient_peak=float(norms[:, 0].max()) if self._watch_gradients else None,
            generator_gradient_peak=float(norms[:, 1].max()) if self._watch_gradients else None,
        )
        self._curve = extend_curve(self._curve, point)
        if self._guards is not None:
            self._guards.check(rows, point)

    def _progress(self) -> Progress:
        if not self._curve:
            nothing = float("nan")
            speed = self._images_seen / max(self._window.seconds, 1e-9)
            return Progress(self._images_seen, speed, nothing, nothing)
        last = self._curve[-1]
        return Progress(
            self._images_seen, last.images_per_second, last.discriminator_loss, last.generator_loss
        )
