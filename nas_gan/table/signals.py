"""What a run shows at a rung that may tell how it will end: signals are numbers, lower where better is hoped for."""

from __future__ import annotations

import math
from collections.abc import Callable

from nas_gan.table.row import Row

Signal = Callable[[Row, int], float]
"""Of a row, at the place of one of its rungs; NaN where the row doesn't have it."""


def _previous(row: Row, place: int) -> float:
    return row.rungs[place - 1].frechet_distance if place else math.nan


def _slope(row: Row, place: int) -> float:
    """Return the change of log FID since the rung before."""
    now, before = row.rungs[place].frechet_distance, _previous(row, place)
    return math.log(now / before) if now > 0 and before > 0 else math.nan


def _class_distance(row: Row, place: int) -> float:
    found = row.rungs[place].class_frechet_distance
    return math.nan if found is None else found


def _small(row: Row, place: int) -> float:
    small = row.rungs[place].small
    return math.nan if small is None else small.frechet_distance


SCORES: dict[str, Signal] = {
    "fid": lambda row, place: row.rungs[place].frechet_distance,
    "is": lambda row, place: -row.rungs[place].inception_score,
    "kid": lambda row, place: row.rungs[place].kernel_distance,
    "class-fid": _class_distance,
    "fid-of-1000": _small,
}
"""Scores of the images so far. The Inception Score is negated."""

FACTS: dict[str, Signal] = {
    "slope": _slope,
    "discriminator-loss": lambda row, place: row.rungs[place].since.discriminator_loss,
    "generator-loss": lambda row, place: row.rungs[place].since.generator_loss,
    "output-gap": lambda row, place: (
        row.rungs[place].since.real_output - row.rungs[place].since.generated_output
    ),
    "discriminator-gradient": lambda row, place: row.rungs[place].since.discriminator_gradient_norm,
    "generator-gradient": lambda row, place: row.rungs[place].since.generator_gradient_norm,
    "similarity": lambda row, place: row.rungs[place].class_similarity or 0.0,
    "multiply-adds": lambda row, _: float(row.cost.macs),
    "parameters": lambda row, _: float(row.cost.generator_parameters + row.cost.discriminator_parameters),
}
"""What training and the architecture tell. Nothing says beforehand whether less is better."""

SIGNALS = SCORES | FACTS
