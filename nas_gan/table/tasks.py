"""Whole comparisons: many searches of each kind replayed on the table."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.errors import InputError
from nas_gan.table.replay import Course, InOrder, NewSampler, Proposed, Source, by_point, replay
from nas_gan.table.row import Row
from nas_gan.table.schedulers import Always, BelowMedian, Promotion, Scheduler, Stopping, TopShare
from nas_gan.table.trained import Trained, read_trained

SCHEDULERS = ("none", "halving", "promotion", "median")


def build_scheduler(name: str, rungs: int, reduction: int) -> Scheduler:
    """Return a fresh scheduler; InputError for a name that is none of `SCHEDULERS`, or a reduction below 2."""
    if reduction < 2:
        raise InputError(f"reduction {reduction}: give 2 or more")
    match name:
        case "none":
            return Stopping(rungs, Always())
        case "halving":
            return Stopping(rungs, TopShare(reduction))
        case "median":
            return Stopping(rungs, BelowMedian())
        case "promotion":
            return Promotion(rungs, reduction)
        case _:
            raise InputError(f"scheduler {name!r}: is not known; use one of {', '.join(SCHEDULERS)}")


@final
@dataclass(frozen=True)
class Conditions:
    """How searches are replayed.

    rungs: images after which a trial is scored, each a rung of the table, its last one included.
    reduction: of successive halving and promotion. signal: what is compared at a rung (`nas_gan.table.signals`).
    budget: multiply-adds of a search. repeats: searches. seed: of all that is random.
    """

    rungs: tuple[int, ...]
    reduction: int
    signal: str
    budget: float
    repeats: int
    seed: int = 0


def replay_schedulers(rows: Sequence[Row], scheduler: str, conditions: Conditions) -> list[Course]:
    """Return searches that meet the first runs of the rows' architectures, in a random order of its own each."""
    return replay_runs(read_first_runs(rows, scheduler, conditions), scheduler, conditions)


def read_first_runs(rows: Sequence[Row], scheduler: str, conditions: Conditions) -> list[Trained]:
    """Return the first run of each architecture as searches with this scheduler meet it."""
    rungs = rungs_of(scheduler, conditions)
    return [read_trained(row, rungs, conditions.signal) for row in rows if row.seed == 0]


def replay_runs(runs: Sequence[Trained], scheduler: str, conditions: Conditions) -> list[Course]:
    """Return searches that meet runs of `read_first_runs`, in a random order of its own each.

    The orders are those of the conditions' seed, whatever the scheduler.
    """

    def source(generator: random.Random) -> Source:
        return InOrder(generator.sample(runs, len(runs)))

    return _replay(source, scheduler, conditions)


def replay_samplers(
    rows: Sequence[Row], new_sampler: NewSampler, scheduler: str, conditions: Conditions
) -> list[Course]:
    """Return searches whose points a fresh sampler proposes, on rows of all points of a space."""
    rungs = rungs_of(scheduler, conditions)
    runs = by_point([read_trained(row, rungs, conditions.signal) for row in rows])
    points = [one[0].values for one in runs.values()]

    def source(generator: random.Random) -> Source:
        return Proposed(new_sampler(points, generator), runs, generator)

    return _replay(source, scheduler, conditions)


def rungs_of(scheduler: str, conditions: Conditions) -> tuple[int, ...]:
    """Return the rungs that a search scores: where nothing is pruned, its last alone."""
    return conditions.rungs[-1:] if scheduler == "none" else conditions.rungs


def _replay(
    source: Callable[[random.Random], Source], scheduler: str, conditions: Conditions
) -> list[Course]:
    rungs = rungs_of(scheduler, conditions)
    courses = []
    for number in range(conditions.repeats):
        generator = random.Random(f"{conditions.seed}/{number}")
        chosen = build_scheduler(scheduler, len(rungs), conditions.reduction)
        courses.append(replay(source(generator), chosen, rungs, conditions.budget))
    return courses


def mean_cost(rows: Sequence[Row]) -> float:
    """Return multiply-adds of training and scoring one architecture to its end, scored once, the mean over first
    runs.
    """
    costs = [sum(read_trained(row, row.planned[-1:]).costs) for row in rows if row.seed == 0]
    if not costs:
        raise InputError("the table has no rows of this set; record some first")
    return sum(costs) / len(costs)
