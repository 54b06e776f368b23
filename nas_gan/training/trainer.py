"""The training loop: updates until enough images were seen, watched by guards, with curves as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import nn

from nas_gan.losses import AdversarialLoss, Penalty
from nas_gan.training.batches import Batches, TrainingData
from nas_gan.training.config import TrainingConfig
from nas_gan.training.curves import Curve, CurvePoint, extend_curve
from nas_gan.training.guards import Guards, check_finite, check_weights
from nas_gan.training.moving_average import MovingAverage
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


@final
class Trainer:
    """Trains one pair of networks. Networks and data lie on `device`; the networks are trained in place.

    The objective may keep state and belongs to this run alone. The discriminator's loss gains `penalty`, if any.
    On a CPU the same seed gives the same weights and the same curve, bit for bit, apart from its speeds.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        data: TrainingData,
        loss: AdversarialLoss,
        config: TrainingConfig,
        device: torch.device,
        penalty: Penalty | None = None,
        *,
        guarded: bool = True,
    ) -> None:
        """`guarded`: whether a run that has no future is ended; one whose numbers overflow always is."""
        if device.type == "cpu":
            # Steps take 12% less time there with channels last (median of 16 architectures, none slower).
            generator.to(memory_format=torch.channels_last)
            discriminator.to(memory_format=torch.channels_last)
        self._generator = generator.train()
        self._discriminator = discriminator.train()
        self._config = config
        batches = Batches(data, config)
        self._update = Update(generator, discriminator, batches, loss, config, device, penalty)
        self._average = MovingAverage(generator, config.moving_average_decay)
        self._window = Window(device)
        # Limits on losses and outputs mean nothing where the scores' own scale means nothing.
        is_held = penalty is not None or config.weight_limit > 0
        guards = Guards(batch_size=config.batch_size, may_flatten=is_held)
        self._guards = guards if guarded and not loss.scale_free else None
        self._images_seen = 0
        self._curve: Curve = ()

    @property
    def images_seen(self) -> int:
        """Real images that the discriminator has been shown."""
        return self._images_seen

    @property
    def curve(self) -> Curve:
        """What was recorded so far."""
        return self._curve

    @property
    def averaged_generator(self) -> nn.Module:
        """The generator to score and keep: the moving average, in evaluation mode."""
        return self._average.module

    def advance(self, images_seen: int, on_progress: Callable[[Progress], None] | None = None) -> None:
        """Trains until at least `images_seen` images were seen in all.

        `on_progress` is called after the first update and then about once a second; what it raises ends the
        call between two updates, and a later call goes on from there as if nothing had been. Raises Diverged
        where a guard gives up.
        """
        next_report = time.monotonic()
        while self._images_seen < images_seen:
            began = time.monotonic()
            self._window.add(self._update())
            self._average.update()
            self._images_seen += self._config.images_per_update
            now = time.monotonic()
            self._window.seconds += now - began
            if self._window.is_full:
                self._read_window()
            if on_progress is not None and now >= next_report:
                next_report = now + PROGRESS_SECONDS
                on_progress(self._progress())
        if self._window.updates:
            self._read_window()
        check_weights(self._generator, "generator", self._images_seen)
        check_weights(self._discriminator, "discriminator", self._images_seen)

    def _read_window(self) -> None:
        began = time.monotonic()
        rows, norms = self._window.read(), self._update.gradient_norms().cpu()
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
            discriminator_gradient_norm=float(norms[0]),
            generator_gradient_norm=float(norms[1]),
            images_per_second=updates * self._config.images_per_update / max(seconds, 1e-9),
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
