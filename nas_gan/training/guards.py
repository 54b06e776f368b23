"""When to give up: signs that a run will come to nothing, each with the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from nas_gan.training.curves import CurvePoint
from nas_gan.training.state import State

MEASURED_BATCH = 64
"""Batch size of most of the runs that the limits come from."""

COMPARED_IMAGES = 1_000
"""Real images that samples are compared with, at most about so many."""


class Diverged(Exception):  # noqa: N818 - an outcome of training to be recorded, not a mistake of the program
    """Training has failed for good; `reason` is one readable line, `images_seen` says when."""

    def __init__(self, reason: str, images_seen: int) -> None:
        super().__init__(reason, images_seen)
        self.reason = reason
        self.images_seen = images_seen

    def __str__(self) -> str:
        return f"{self.reason} (after {self.images_seen:,} images)"


@final
@dataclass(frozen=True)
class GuardConfig:
    """When a guard gives up. The defaults were measured with small convolutional GANs on 5,000 digits.

    `flat_updates`, `flat_variance`: AutoGAN's dynamic reset (Gong et al. 2019, arXiv 1908.03835) ends a run
    when the variance of the last 500 losses of either network is under 1e-3. Runs that draw good digits fall to
    1e-4 (residual, spectral normalisation, non-saturating; 2e-3 with hinge), while a discriminator that wins
    outright is under 2e-6: hence 1e-5. Losses are batch means, so the limit falls as batches outgrow 64. Held
    down by R1, a run on eight Gaussians settles at 3e-7 and is well: there flatness tells nothing.

    `certain_output`, `certain_images`: how long the discriminator's mean output may stay above
    `certain_output` on real and below its complement on generated images. Good runs pass through 0.995 on
    their way. Hinge gives no reason to go that far; there a sure discriminator's loss is flat at 0 instead.

    `collapse_share`: samples whose mean deviation a pixel is under this share of the real images' are one
    sample. After `collapse_images`, runs that had a future were above 0.06, and above 0.7 once their digits
    could be read.
    """

    flat_updates: int = 500
    flat_variance: float = 1e-5
    certain_output: float = 0.999
    certain_images: int = 20_000
    collapse_share: float = 0.02
    collapse_images: int = 5_000


@final
class Guards:
    """Watches the losses and outputs of one run, whose objective isn't `scale_free`.

    With `may_flatten` flat losses are let pass, as befits a discriminator with a penalty or clipped weights.
    """

    def __init__(
        self,
        config: GuardConfig | None = None,
        batch_size: int = MEASURED_BATCH,
        may_flatten: bool = False,
    ) -> None:
        self._config = config or GuardConfig()
        self._may_flatten = may_flatten
        self._flat_variance = self._config.flat_variance * min(1.0, MEASURED_BATCH / batch_size)
        self._losses = torch.empty(0, 2, dtype=torch.float64)
        self._last_doubt = 0

    def check(self, rows: Tensor, point: CurvePoint) -> None:
        """Raise Diverged after a window of updates: rows float64 [updates, 4], and the point they make.

        Rows have the columns of `nas_gan.training.play.STATISTICS`, and are finite.
        """
        if not self._may_flatten:
            self._check_flat(rows[:, :2], point.images_seen)
        self._check_certain(point)

    def state(self) -> State:
        """Return what later checks will look back at."""
        return State({"losses": self._losses}, {"last_doubt": self._last_doubt})

    def load_state(self, state: State) -> None:
        """Go on watching from there."""
        self._losses, self._last_doubt = state.tensors["losses"].clone(), state.facts["last_doubt"]

    def _check_flat(self, losses: Tensor, images_seen: int) -> None:
        config = self._config
        self._losses = torch.cat([self._losses, losses])[-config.flat_updates :]
        if len(self._losses) < config.flat_updates:
            return
        for variance, name in zip(self._losses.var(dim=0), ("discriminator", "generator"), strict=True):
            if variance < self._flat_variance:
                raise Diverged(f"the {name}'s loss is flat over {config.flat_updates} updates", images_seen)

    def _check_certain(self, point: CurvePoint) -> None:
        config = self._config
        certain = (
            point.real_output > config.certain_output and point.generated_output < 1 - config.certain_output
        )
        if not certain:
            self._last_doubt = point.images_seen
        elif point.images_seen - self._last_doubt >= config.certain_images:
            reason = f"the discriminator has been certain for {config.certain_images:,} images"
            raise Diverged(reason, point.images_seen)


def check_finite(rows: Tensor, gradient_norms: Tensor, images_seen: int) -> None:
    """Raise Diverged for a loss, an output or a gradient that is infinite or not a number."""
    for numbers, name in ((rows, "loss"), (gradient_norms, "gradient")):
        if not bool(numbers.isfinite().all()):
            raise Diverged(f"a {name} is not finite", images_seen)


def check_weights(network: nn.Module, name: str, images_seen: int) -> None:
    """Raise Diverged where a weight or buffer of the network is not finite."""
    for tensor in network.state_dict().values():
        if not bool(tensor.isfinite().all()):
            raise Diverged(f"a weight of the {name} is not finite", images_seen)


def check_samples(samples: Tensor, real_images: Tensor, images_seen: int) -> None:
    """Raise Diverged where samples of fixed noise are all but one image.

    Both are uint8 [n, c, r, r], or both float32 [n, c, 1, 1] for points. Early in training all samples may be
    alike, so nothing is said before `collapse_images` images.
    """
    config = GuardConfig()
    if images_seen < config.collapse_images:
        return
    # Evenly spaced, as images of a folder come class by class.
    compared = real_images[:: max(1, len(real_images) // COMPARED_IMAGES)]
    if _deviation(samples) < config.collapse_share * _deviation(compared):
        raise Diverged("the samples have collapsed to one image", images_seen)


def _deviation(images: Tensor) -> float:
    """Return the mean over pixels of the standard deviation over images."""
    return float(images.float().std(dim=0).mean())
