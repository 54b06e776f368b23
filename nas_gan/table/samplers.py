"""Two plain samplers of points, to compare others with: random, and a local search."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import final

from nas_gan.search.samplers.observation import Observation
from nas_gan.table.replay import Values

RANDOM_SHARE = 0.15
FIRST_RANDOM = 5
PARENTS = 3
FURTHER_CHANGE = 0.4
"""Chance of one more changed hole after each."""


@final
class RandomPoints:
    """Any point that wasn't tried, equally likely."""

    def __init__(self, points: Sequence[Values], generator: random.Random) -> None:
        self._points = {frozenset(point.items()): point for point in points}
        self._generator = generator

    def propose(self, history: Sequence[Observation]) -> Values:
        """Return a point, any one where all were tried."""
        return self._generator.choice(self.left(history) or [*self._points.values()])

    def left(self, history: Sequence[Observation]) -> list[Values]:
        """Return the points that weren't tried."""
        tried = {frozenset(trial.values.items()) for trial in history}
        return [point for key, point in self._points.items() if key not in tried]


@final
class NearPoints:
    """Changes one or a few holes of one of the best trials, and sometimes takes any point.

    Trials stand by their percentile within the last rung that they reached.
    """

    def __init__(self, points: Sequence[Values], generator: random.Random) -> None:
        self._random = RandomPoints(points, generator)
        self._generator = generator

    def propose(self, history: Sequence[Observation]) -> Values:
        """Return a point that wasn't tried, nearby as a rule."""
        standing = _standings(history)
        if len(standing) < FIRST_RANDOM or self._generator.random() < RANDOM_SHARE:
            return self._random.propose(history)
        parent = history[self._generator.choice(standing[:PARENTS])].values
        changes = 1
        while self._generator.random() < FURTHER_CHANGE:
            changes += 1
        near = [point for point in self._random.left(history) if _distance(point, parent) == changes]
        return self._generator.choice(near) if near else self._random.propose(history)


def _distance(one: Values, other: Values) -> int:
    """Say how many holes differ."""
    return sum(other.get(name) != value for name, value in one.items())


def _standings(history: Sequence[Observation]) -> list[int]:
    """Return the numbers of the trials that have a score, the best first."""
    rungs: dict[int, list[float]] = {}
    for trial in history:
        for images, score in trial.scores.items():
            rungs.setdefault(images, []).append(score)
    standings = []
    for number, trial in enumerate(history):
        if trial.scores and trial.state != "failed":
            last = max(trial.scores)
            worse = sum(score > trial.scores[last] for score in rungs[last])
            standings.append((1 - (worse + 0.5) / len(rungs[last]), -last, number))
    return [number for _, _, number in sorted(standings)]
