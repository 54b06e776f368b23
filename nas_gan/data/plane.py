"""Points of the plane: the two distributions of Yamazaki's thesis (2017), section 4.4.1.

They are drawn, not read, so each has as many points as the thesis took, and as many again held out.

- The Swiss roll is the one of Marsland, "Machine Learning: An Algorithmic Perspective" (2009), whom the thesis
  cites and whom scikit-learn's `make_swiss_roll` follows: t = 1.5π(1 + 2u), x = (t cos t, t sin t), u uniform in
  [0, 1), each coordinate with normal noise of deviation 0.2. It is moved so that its mean lies at the
  origin, and not scaled, since the thesis doesn't scale it: it reaches about 14 from its centre.
- Of the eight Gaussians, the thesis gives neither radius nor deviation. Those here, 2 and 0.02, are the ones of
  Metz et al., "Unrolled generative adversarial networks" (2017), from where the mixture spread.

The smallest GAN of the thesis learns both from weights N(0, 0.1) without any scaling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nas_gan.data.config import DataConfig
from nas_gan.data.dataset import Dataset, ImageSet, Modes, content_fingerprint
from nas_gan.errors import InputError

POINTS = 10_000  # a set
SEED = 0
NEAR_DEVIATIONS = 3.0

ROLL_NOISE = 0.2
ROLL_MODES = 40
ANCHORS_A_STRETCH = 10
ROLL_MEAN = (2.0, 2.0 / (3.0 * math.pi))  # of the curve, exactly: the integral over t of (t cos t, t sin t)

GAUSSIANS = 8
CIRCLE_RADIUS = 2.0
GAUSSIAN_DEVIATION = 0.02

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True)
class Plane:
    """One distribution. `draw` gives so many points float64 `[count, 2]`; `modes` says where they lie."""

    description: str
    draw: Callable[[int, np.random.Generator], Floats]
    modes: Callable[[], Modes]


def find_plane(source: str) -> str | None:
    """Return the name in `PLANES` that `source` means, written with a hyphen or an underscore; None if it is none."""
    name = source.replace("-", "_")
    return name if name in PLANES else None


def load_plane(name: str, config: DataConfig) -> Dataset:
    """Draw the training and the held-out points of `PLANES[name]`: the same bits every time.

    Of the training points, `config.limit` keeps the first. Raises InputError if `config` asks for a
    resolution.
    """
    if config.resolution is not None:
        raise InputError(
            f"{config.resolution}: {config.source} has points, not images; leave it out", setting="resolution"
        )
    plane = PLANES[name]
    random = np.random.Generator(np.random.PCG64(SEED))
    train, held_out = (_point_set(plane.draw(POINTS, random)) for _ in range(2))
    train = ImageSet(train.images[: config.limit], None)
    fingerprint = content_fingerprint(train, held_out, ())
    return Dataset(name, config.source, (), train, held_out, fingerprint, plane.modes())


def _point_set(points: Floats) -> ImageSet:
    return ImageSet(_to_tensor(points).reshape(-1, 2, 1, 1), None)


def _to_tensor(points: Floats) -> Tensor:
    return torch.from_numpy(points.astype(np.float32))


def _draw_roll(count: int, random: np.random.Generator) -> Floats:
    curve = _roll_curve(random.random(count))
    return curve + ROLL_NOISE * random.standard_normal((count, 2))


def _roll_curve(places: Floats) -> Floats:
    """Return points of the noise-free roll at places `[n]` in [0, 1], from its inner end to its outer one."""
    angles = 1.5 * math.pi * (1.0 + 2.0 * places)
    curve: Floats = np.stack([angles * np.cos(angles), angles * np.sin(angles)], axis=1)
    curve -= ROLL_MEAN
    return curve


def _roll_modes() -> Modes:
    """Return stand-ins for modes, of which the roll has none: forty stretches of it, of a fortieth of the mass each."""
    count = ROLL_MODES * ANCHORS_A_STRETCH
    curve = _roll_curve((np.arange(count) + 0.5) / count)
    return Modes(_to_tensor(curve).reshape(ROLL_MODES, ANCHORS_A_STRETCH, 2), NEAR_DEVIATIONS * ROLL_NOISE)


def _draw_gaussians(count: int, random: np.random.Generator) -> Floats:
    chosen = (random.random(count) * GAUSSIANS).astype(np.int64)
    return _centres()[chosen] + GAUSSIAN_DEVIATION * random.standard_normal((count, 2))


def _centres() -> Floats:
    angles = 2.0 * math.pi * np.arange(GAUSSIANS) / GAUSSIANS
    return CIRCLE_RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _gaussian_modes() -> Modes:
    return Modes(_to_tensor(_centres()).reshape(GAUSSIANS, 1, 2), NEAR_DEVIATIONS * GAUSSIAN_DEVIATION)


PLANES: Mapping[str, Plane] = MappingProxyType(
    {
        "swiss_roll": Plane(
            "10,000 points of a spiral in the plane, unlabelled; drawn, no download", _draw_roll, _roll_modes
        ),
        "eight_gaussians": Plane(
            "10,000 points of 8 Gaussians on a circle, unlabelled; drawn, no download",
            _draw_gaussians,
            _gaussian_modes,
        ),
    }
)
