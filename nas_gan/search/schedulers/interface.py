"""What a scheduler is: it answers at each rung whether a trial goes on, from all scores that the study has there."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from nas_gan.jobs.job import Decision
from nas_gan.search.ranking import Point, place_points, rank_points, reference_of

NAMED = 5
"""Trials that a reason names at most."""


@final
@dataclass(frozen=True)
class Signal:
    """Say what is compared at a rung: a score's name in print, and which way it is better."""

    label: str
    higher_is_better: bool = False

    def text(self, value: float) -> str:
        """Write a value: `FID 382.4`, `multiply-adds 5,234,112`."""
        return f"{self.label} {value:,.0f}" if abs(value) >= 10_000 else f"{self.label} {value:.4g}"


@final
@dataclass(frozen=True)
class Rung:
    """Hold the scores of all trials that reached a rung, by their numbers, whatever became of them since."""

    images: int
    scores: Mapping[int, Point]

    def ranked(self, signals: Sequence[Signal]) -> list[int]:
        """Order the trials, the best first."""
        return rank_points(self.scores, [signal.higher_is_better for signal in signals])

    def describe(self, number: int, signals: Sequence[Signal]) -> str:
        """Say what a trial has here: `FID 382.4 after 2,000 images`."""
        values = zip(signals, self.scores[number], strict=True)
        told = ", ".join(signal.text(value) for signal, value in values)
        return f"{told} after {self.images:,} images"

    def explain(self, number: int, signals: Sequence[Signal]) -> str:
        """Say why a trial doesn't come before others by several scores."""
        first, higher = signals[0], [signal.higher_is_better for signal in signals]
        place = next(each for each in place_points(self.scores, higher) if each.number == number)
        if place.is_beyond:
            bound = reference_of(self.scores, higher_is_better=first.higher_is_better)
            return f"its {first.label} is worse than the reference, {bound:.4g}, which is the rung's median"
        if place.dominated_by:
            listed = ", ".join(map(str, place.dominated_by[:NAMED]))
            more = f" and {len(place.dominated_by) - NAMED} more" if len(place.dominated_by) > NAMED else ""
            return f"dominated by {'trial' if len(place.dominated_by) == 1 else 'trials'} {listed}{more}"
        return "on the front, to whose hypervolume the others add more"

    def is_number(self, number: int) -> bool:
        """Say whether a trial's scores here are numbers."""
        return not any(math.isnan(value) for value in self.scores[number])


@final
@dataclass(frozen=True)
class Paused:
    """A trial that is paused at a rung. `is_pending`: there was nothing to compare it with."""

    number: int
    images: int
    is_pending: bool


@final
@dataclass(frozen=True)
class Choice:
    """Say which paused trial goes on, if any; and why pending ones that don't are paused for good."""

    number: int | None = None
    settled: Mapping[int, str] = field(default_factory=dict)


class Scheduler(ABC):
    """Decide, from scores alone, which trials are worth going on with. Subclass it for a rule of your own.

    Every worker makes one. It keeps nothing: all that it knows it is given, so that workers anywhere decide alike.
    """

    def __init__(self, signals: Sequence[Signal]) -> None:
        """`signals`: what is compared at a rung, one for each score there."""
        self.signals = tuple(signals)

    @abstractmethod
    def decide(self, number: int, rung: Rung) -> Decision:
        """Say how a trial goes on that has just reached a rung, whose scores hold its own."""

    def choose(self, paused: Sequence[Paused], rungs: Mapping[int, Rung], *, is_idle: bool) -> Choice:
        """Say which paused trial is to go on before another one is begun; none, unless a scheduler says otherwise.

        `rungs` holds each rung by its images. `is_idle`: none may be begun, so that the worker has nothing else to do.
        """
        return Choice()
