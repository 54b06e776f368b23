"""What is recorded while a GAN trains: a short list of points, each a mean over a window of updates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

MAX_POINTS = 400
"""Longer curves are thinned to half, so that a run of any length stays small enough for a study's database."""


@dataclass(frozen=True)
class CurvePoint:
    """Means over the last `updates` updates up to `images_seen`; `facts` of it are JSON.

    Losses are those the networks minimise, auxiliary classification and penalty included. Outputs are means of
    sigmoid(score), in [0, 1]; they are probabilities only where the objective's scores are logits. Gradient
    norms (L2, of all of a network's parameters) are taken at the window's last update only; where those of every
    update are watched they are means, too, and peaks are the largest. Peaks are None elsewhere.
    """

    images_seen: int
    updates: int
    discriminator_loss: float
    generator_loss: float
    real_output: float
    generated_output: float
    discriminator_gradient_norm: float
    generator_gradient_norm: float
    images_per_second: float
    discriminator_gradient_peak: float | None = None
    generator_gradient_peak: float | None = None

    def facts(self) -> dict[str, float]:
        """Return all that was recorded, as plain data."""
        return {name: value for name, value in asdict(self).items() if value is not None}


Curve = tuple[CurvePoint, ...]


def extend_curve(curve: Curve, point: CurvePoint) -> Curve:
    """Append a point; past `MAX_POINTS`, merge neighbours in pairs."""
    longer = (*curve, point)
    if len(longer) <= MAX_POINTS:
        return longer
    return tuple(_merge(longer[start : start + 2]) for start in range(0, len(longer), 2))


def _merge(neighbours: Curve) -> CurvePoint:
    """Return one point for all of `neighbours`: means weighted by updates, and their images over their joint time."""
    updates = sum(point.updates for point in neighbours)

    def mean(values: Iterable[float]) -> float:
        return sum(point.updates * value for point, value in zip(neighbours, values, strict=True)) / updates

    return CurvePoint(
        images_seen=neighbours[-1].images_seen,
        updates=updates,
        discriminator_loss=mean(point.discriminator_loss for point in neighbours),
        generator_loss=mean(point.generator_loss for point in neighbours),
        real_output=mean(point.real_output for point in neighbours),
        generated_output=mean(point.generated_output for point in neighbours),
        discriminator_gradient_norm=mean(point.discriminator_gradient_norm for point in neighbours),
        generator_gradient_norm=mean(point.generator_gradient_norm for point in neighbours),
        images_per_second=1.0 / mean(1.0 / point.images_per_second for point in neighbours),
        discriminator_gradient_peak=_highest(point.discriminator_gradient_peak for point in neighbours),
        generator_gradient_peak=_highest(point.generator_gradient_peak for point in neighbours),
    )


def _highest(peaks: Iterable[float | None]) -> float | None:
    return max((peak for peak in peaks if peak is not None), default=None)
