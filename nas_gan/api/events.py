"""What a training tells while it runs. Each event is one readable line as text, so that `print` can be told them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from nas_gan.report.numbers import format_count, format_seconds

if TYPE_CHECKING:
    from nas_gan.metrics.scores import Scores


@final
@dataclass(frozen=True)
class Message:
    """Something slow begins, something went otherwise than usual, or a trial has come to something.

    `is_detail`: where a search is says it, too.
    """

    text: str
    is_detail: bool = False

    def __str__(self) -> str:
        return self.text


@final
@dataclass(frozen=True)
class TrainingProgress:
    """Where a run is, about once a second. Losses and speed are means over the last updates, NaN before the first."""

    images_seen: int
    images_planned: int
    images_per_second: float
    discriminator_loss: float
    generator_loss: float

    @property
    def seconds_left(self) -> float:
        """Seconds until the last image, at this speed; NaN where it isn't known yet."""
        return (self.images_planned - self.images_seen) / max(self.images_per_second, 1e-9)

    def __str__(self) -> str:
        losses = (self.discriminator_loss, self.generator_loss)
        known = ["–" if math.isnan(loss) else f"{loss:.3f}" for loss in losses]
        return (
            f"{format_count(self.images_seen)}/{format_count(self.images_planned)} images, "
            f"{self.images_per_second:,.0f} a second, loss D {known[0]}, G {known[1]}, "
            f"{format_seconds(self.seconds_left)} left"
        )


@final
@dataclass(frozen=True)
class Scored:
    """A run was scored after `images_seen` images, `seconds` after this call began to train."""

    images_seen: int
    seconds: float
    scores: Scores

    def __str__(self) -> str:
        from nas_gan.metrics.scores import scores_text

        return f"after {self.images_seen:,} images: {scores_text(self.scores)}"


TrainingEvent = Message | TrainingProgress | Scored
OnTraining = Callable[[TrainingEvent], object]


@final
class Interrupted(KeyboardInterrupt):
    """The interrupt key, after everything has been kept: the same call goes on where this one stood."""
