"""Searches replayed on the table: what was trained is looked up, so that a thousand searches take seconds."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, final

from nas_gan.errors import InputError
from nas_gan.search.samplers.observation import Observation
from nas_gan.table.row import Scalar
from nas_gan.table.schedulers import Scheduler
from nas_gan.table.trained import Trained

Values = Mapping[str, Scalar]


class Source(Protocol):
    """Where a search's trials come from."""

    def next(self, history: Sequence[Observation]) -> Trained | None:
        """Return the next trial; None where there are no more."""


@final
@dataclass(frozen=True)
class Course:
    """How a search went: the best quality so far (lower is better) from each compute at which it got better.

    `spent`: compute in all. `trials`, `complete`: how many were begun, and trained to their end.
    """

    computes: tuple[float, ...]
    qualities: tuple[float, ...]
    spent: float
    trials: int
    complete: int

    def at(self, compute: float) -> float:
        """Return the quality of the best trial that was trained to its end by then; infinite before the first."""
        place = bisect_right(self.computes, compute)
        return self.qualities[place - 1] if place else math.inf


def replay(source: Source, scheduler: Scheduler, rungs: Sequence[int], budget: float) -> Course:
    """Search, one trial at a time, until the next step would take more than `budget` multiply-adds in all."""
    trained: list[Trained] = []
    history: list[Observation] = []
    spent, best, complete = 0.0, math.inf, 0
    computes: list[float] = []
    qualities: list[float] = []
    while True:
        number = scheduler.choose()
        if number is None:
            found = source.next(history)
            if found is None:
                break
            number = len(trained)
            trained.append(found)
            history.append(Observation(found.values, "running"))
        run, trial = trained[number], history[number]
        rung = len(trial.scores)
        if spent + run.costs[rung] > budget:
            break
        spent += run.costs[rung]
        if math.isinf(run.signals[rung]):
            history[number] = replace(trial, state="failed")
            scheduler.fail(number)
            continue
        scores = {**trial.scores, rungs[rung]: run.signals[rung]}
        history[number] = replace(trial, state="done" if rung == len(rungs) - 1 else "paused", scores=scores)
        scheduler.observe(number, rung, run.signals[rung])
        if rung == len(rungs) - 1:
            complete += 1
            if run.quality < best:
                best = run.quality
                computes.append(spent)
                qualities.append(best)
    return Course(tuple(computes), tuple(qualities), spent, len(trained), complete)


@final
class InOrder:
    """Gives runs in an order: of a shuffled table, what random search proposes."""

    def __init__(self, runs: Sequence[Trained]) -> None:
        self._left: Iterator[Trained] = iter(runs)

    def next(self, history: Sequence[Observation]) -> Trained | None:
        return next(self._left, None)


Propose = Callable[[Sequence[Observation]], Values]
"""Gives the values of all holes of the next point, as `propose` of a `nas_gan.Sampler` does."""

NewSampler = Callable[[Sequence[Values], random.Random], Propose]
"""Makes what proposes one of the points that there are; what it draws comes from the generator."""

MOST_REPEATS = 200


@final
class Proposed:
    """Looks proposals up among runs of all points. A point's run is drawn among its seeds.

    A proposal that was tried before is passed over and costs nothing, as a search takes the result it has; after
    `MOST_REPEATS` of them in turn the search has come to its end. Raises InputError for one that has no run.
    """

    def __init__(
        self,
        propose: Propose,
        runs: Mapping[frozenset[tuple[str, Scalar]], Sequence[Trained]],
        generator: random.Random,
    ) -> None:
        self._propose = propose
        self._runs = runs
        self._generator = generator
        self._tried: set[frozenset[tuple[str, Scalar]]] = set()

    def next(self, history: Sequence[Observation]) -> Trained | None:
        for _ in range(MOST_REPEATS):
            point = frozenset(self._propose(history).items())
            if point not in self._tried:
                if point not in self._runs:
                    told = ", ".join(f"{name} {value}" for name, value in sorted(point))
                    raise InputError(
                        f"the table has no run of the point {told}; record its set whole, or leave this sampler out"
                    )
                self._tried.add(point)
                return self._generator.choice(self._runs[point])
        return None


def by_point(runs: Sequence[Trained]) -> dict[frozenset[tuple[str, Scalar]], list[Trained]]:
    """Return runs by their holes."""
    found: dict[frozenset[tuple[str, Scalar]], list[Trained]] = {}
    for run in runs:
        found.setdefault(frozenset(run.values.items()), []).append(run)
    return found
