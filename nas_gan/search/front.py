"""The front of a study that is after several metrics: the trials than which no other one is better in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import optuna

from nas_gan.search.aims import find_aim, values_of
from nas_gan.search.catalogue import Trial, rank
from nas_gan.search.definition import definition_of
from nas_gan.search.ranking import first_front


@final
@dataclass(frozen=True)
class Measured:
    """A trial that was trained to its end, with the value of each metric there, by option."""

    trial: Trial
    values: Mapping[str, float]


def measure(ranking: Sequence[Trial], metrics: Sequence[str]) -> list[Measured]:
    """Return each trial of a ranking with its values of the metrics."""
    return [
        Measured(trial, dict(zip(metrics, values_of(metrics, record.rungs[-1], record.cost), strict=True)))
        for trial in ranking
        if (record := trial.record) is not None and record.rungs
    ]


def front_of(measured: Sequence[Measured], metrics: Sequence[str]) -> list[Measured]:
    """Find the front among trials, the best by the first metric first; with one metric that is the best trial alone."""
    points = {place: tuple(one.values.values()) for place, one in enumerate(measured)}
    return [
        measured[place]
        for place in first_front(points, [find_aim(name).higher_is_better for name in metrics])
    ]


def read_front(study: optuna.Study) -> list[Measured]:
    """Read the front of a study among the trials that were trained to their end, each architecture once."""
    metrics = definition_of(study).metrics
    return front_of(measure(rank(study), metrics), metrics)


def front_facts(study: optuna.Study) -> list[dict[str, object]]:
    """Return the front as plain data: a trial's number, and its values by metric."""
    return [{"trial": one.trial.number, "values": dict(one.values)} for one in read_front(study)]
