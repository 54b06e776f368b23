"""What a scheduler is worth: how much worse than the best of a table a search's pick is, at equal compute."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from nas_gan.errors import InputError
from nas_gan.table.row import Row
from nas_gan.table.speedup import INTERVAL, Estimate
from nas_gan.table.tasks import Conditions, read_first_runs, replay_runs
from nas_gan.table.trained import Trained

TABLES = 200
"""Tables that are drawn for an interval."""

Runs = Mapping[str, Sequence[Trained]]


def measure_regrets(
    rows: Sequence[Row], schedulers: Sequence[str], conditions: Conditions, tables: int = TABLES
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Return each scheduler's mean regret, and how much more it is than the last one's.

    Regret is how much worse the pick's FID is than that of the best run of the table, as a share; a search that has
    trained nothing to its end picks the worst. All schedulers meet the architectures in the same orders. Intervals are
    of 95 %, from tables whose architectures are drawn from this one with replacement, on each a tenth of the
    conditions' repeats: so they hold what another draw of architectures would change. Raises InputError without rows.
    """
    if not rows:
        raise InputError("the table has no rows of this set; record some first")
    runs = {name: read_first_runs(rows, name, conditions) for name in schedulers}
    whole = _mean_regrets(runs, conditions)
    count, generator = len(runs[schedulers[0]]), random.Random(conditions.seed)
    fewer = replace(conditions, repeats=max(1, conditions.repeats // 10))
    drawn = []
    for _ in range(tables):
        chosen = generator.choices(range(count), k=count)
        drawn.append(_mean_regrets({name: [runs[name][at] for at in chosen] for name in schedulers}, fewer))
    last = schedulers[-1]
    regrets = {name: _estimate(whole[name], [one[name] for one in drawn]) for name in schedulers}
    more = {
        name: _estimate(whole[name] - whole[last], [one[name] - one[last] for one in drawn])
        for name in schedulers[:-1]
    }
    return regrets, more


def _mean_regrets(runs: Runs, conditions: Conditions) -> dict[str, float]:
    qualities = [run.quality for run in next(iter(runs.values())) if math.isfinite(run.quality)]
    best, worst = min(qualities), max(qualities)
    found = {}
    for name, of_scheduler in runs.items():
        courses = replay_runs(of_scheduler, name, conditions)
        picks = [min(worst, course.at(conditions.budget)) for course in courses]
        found[name] = float(np.mean(picks)) / best - 1.0
    return found


def _estimate(value: float, drawn: Sequence[float]) -> Estimate:
    low, high = np.percentile(drawn, INTERVAL)
    return Estimate(value, float(low), float(high))
