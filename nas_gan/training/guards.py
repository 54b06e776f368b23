"""When to give up: signs that a run will come to nothing, each with the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from nas_gan.training.curves import CurvePoint


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
    """When a guard gives up.

    `flat_updates`, `flat_variance`: AutoGAN's dynamic reset (Gong et al. 2019) ends a run when the variance
    of the last 500 losses of either network is under 1e-3. `certain_images`: how long the discriminator may
    give every image its due with an output beyond `certain_output`. `collapse_share`: samples whose mean
    deviation a pixel is under this share of the real images' are one sample.
    """

    flat_updates: int = 500
    flat_variance: float = 1e-5
    certain_output: float = 0.999
    certain_images: int = 20_000
    collapse_share: float = 0.05


@final
class Guards:
    """Watches the losses and outputs of one run."""

    def __init__(self, config: GuardConfig | None = None) -> None:
        self._config = config or GuardConfig()
        self._losses = torch.empty(0, 2, dtype=torch.float64)
        self._last_doubt = 0

    def check(self, rows: Tensor, point: CurvePoint) -> None:
        """Raises Diverged for rows float64 [updates, 4] of statistics, or for the window they make."""
        config = self._config
        if not bool(rows.isfinite().all()):
            raise Diverged("a loss is not finite", point.images_seen)
        self._losses = torch.cat([self._losses, rows[:, :2]])[-config.flat_updates :]
        if len(self._losses) == config.flat_updates:
            for variance, name in zip(self._losses.var(dim=0), ("discriminator", "generator"), strict=True):
                if variance < config.flat_variance:
                    reason = f"the {name}'s loss is flat over {config.flat_updates} updates"
                    raise Diverged(reason, point.images_seen)
        certain = (
            point.real_output > config.certain_output and point.generated_output < 1 - config.certain_output
        )
        if not certain:
            self._last_doubt = point.images_seen
        elif point.images_seen - self._last_doubt >= config.certain_images:
            reason = f"the discriminator has been certain for {config.certain_images:,} images"
            raise Diverged(reason, point.images_seen)


def check_weights(network: nn.Module, name: str, images_seen: int) -> None:
    """Raises Diverged where a weight or buffer of the network is not finite."""
    for tensor in network.state_dict().values():
        if not bool(tensor.isfinite().all()):
            raise Diverged(f"a weight of the {name} is not finite", images_seen)


def check_samples(samples: Tensor, real_deviation: float, images_seen: int) -> None:
    """Raises Diverged where samples [n, c, r, r] of fixed noise are all but one image.

    `real_deviation` is the real images' mean deviation a pixel, on the same scale.
    """
    deviation = float(samples.float().std(dim=0).mean())
    if deviation < GuardConfig().collapse_share * real_deviation:
        raise Diverged("the samples have collapsed to one image", images_seen)
