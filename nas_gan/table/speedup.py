"""How much less compute a search takes than another for the same quality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from nas_gan.table.replay import Course

GRID_POINTS = 200
RESAMPLES = 200
INTERVAL = (2.5, 97.5)

Floats = NDArray[np.float64]


@final
class Estimate(NamedTuple):
    """A figure and its 95 % interval, by the bootstrap."""

    value: float
    low: float
    high: float


def compute_grid(budget: float) -> Floats:
    """Return amounts of compute at which courses are looked at: up to `budget`, evenly spaced in the logarithm."""
    return np.geomspace(budget / 100, budget, GRID_POINTS)


def qualities_at(courses: Sequence[Course], grid: Floats) -> Floats:
    """Find the best quality of each course at each amount of compute: [courses, points]; infinite before the first."""
    found = np.full((len(courses), len(grid)), math.inf)
    for row, course in zip(found, courses, strict=True):
        places = np.searchsorted(np.asarray(course.computes), grid, side="right")
        reached = places > 0
        row[reached] = np.asarray(course.qualities)[places[reached] - 1]
    return found


def median_at(courses: Sequence[Course], compute: float, generator: np.random.Generator) -> Estimate:
    """Return the median quality at an amount of compute."""
    found = qualities_at(courses, np.array([compute]))[:, 0]
    medians = [np.median(found[_resampled(len(found), generator)]) for _ in range(RESAMPLES)]
    return _estimate(float(np.median(found)), np.array(medians))


def speed_up(
    courses: Sequence[Course], reference: Sequence[Course], budget: float, generator: np.random.Generator
) -> Estimate:
    """Return `budget` over the least compute at which the median over `courses` reaches that of `reference` at
    `budget`.

    Where it doesn't within `budget`, the other way round and below 1: the least compute at which the reference's median
    reaches that of `courses`, over `budget`. A grid's step (2.3 %) is its resolution.
    """
    grid = compute_grid(budget)
    ours, theirs = qualities_at(courses, grid), qualities_at(reference, grid)
    values = [
        _speed(ours[_resampled(len(ours), generator)], theirs[_resampled(len(theirs), generator)], grid)
        for _ in range(RESAMPLES)
    ]
    return _estimate(_speed(ours, theirs, grid), np.array(values))


def _speed(ours: Floats, theirs: Floats, grid: Floats) -> float:
    our_medians, their_medians = np.median(ours, axis=0), np.median(theirs, axis=0)
    reached = our_medians <= their_medians[-1]
    if reached.any():
        return float(grid[-1] / grid[int(reached.argmax())])
    return float(grid[int((their_medians <= our_medians[-1]).argmax())] / grid[-1])


def _resampled(count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    return generator.integers(0, count, count)


def _estimate(value: float, resampled: Floats) -> Estimate:
    # Percentiles between infinite neighbours aren't numbers.
    low, high = np.percentile(resampled, INTERVAL, method="nearest")
    return Estimate(value, float(low), float(high))
