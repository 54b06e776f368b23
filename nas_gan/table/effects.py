"""Which holes matter: how much of the variance of the final score each explains by itself, and in pairs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from nas_gan.table.row import Row, Scalar

BINS = 3
"""Numeric holes of many values are cut into so many parts of equally many rows."""

PERMUTATIONS = 500
FEWEST = 12

Floats = NDArray[np.float64]


@final
class Effect(NamedTuple):
    """What a hole does. `share`: of the variance of log FID that its values explain, in [0, 1]; `chance`: what values
    dealt out at random would explain in the mean; `p`: how often they explain as much. `levels`: the geometric mean of
    FID for each value or range.
    """

    hole: str
    rows: int
    share: float
    chance: float
    p: float
    levels: Mapping[str, float]


def log_finals(rows: Sequence[Row]) -> Floats:
    """Return log FID at the end of each row; a run that didn't end counts as the worst that did."""
    found = np.array(
        [math.nan if row.final is None else math.log(row.final.frechet_distance) for row in rows]
    )
    if np.isnan(found).all():
        return found
    return np.where(np.isnan(found), np.nanmax(found), found)


def measure_effects(rows: Sequence[Row], seed: int = 0) -> list[Effect]:
    """Return the effect of each hole that at least `FEWEST` rows have with two or more values, the largest first."""
    finals = log_finals(rows)
    effects = []
    for hole in sorted({name for row in rows for name in row.holes}):
        places = [place for place, row in enumerate(rows) if hole in row.holes]
        labels = label_values([rows[place].holes[hole] for place in places])
        if len(places) >= FEWEST and len(set(labels)) > 1:
            effects.append(_measure(hole, labels, finals[places], seed))
    return sorted(effects, key=lambda effect: effect.chance - effect.share)


def explained_by_pairs(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    """Return the share of the variance over all points of a space that each pair of holes explains beyond both alone.

    Exact where every combination has equally many rows, as in a space that was trained whole; the mean of a point's
    seeds should be given as one row. The largest first.
    """
    finals = log_finals(rows)
    holes = sorted(set.intersection(*(set(row.holes) for row in rows)))
    columns = {hole: [str(row.holes[hole]) for row in rows] for hole in holes}
    alone = {hole: explained(columns[hole], finals) for hole in holes}
    found = {}
    for one, other in combinations(holes, 2):
        both = [f"{left}/{right}" for left, right in zip(columns[one], columns[other], strict=True)]
        found[one, other] = explained(both, finals) - alone[one] - alone[other]
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def explained(labels: Sequence[str], values: Floats) -> float:
    """Return the share of the variance of `values` between groups of one label, in [0, 1]; 0 where there is no
    variance.
    """
    total = float(((values - values.mean()) ** 2).sum())
    names, groups = np.unique(np.asarray(labels), return_inverse=True)
    sizes = np.bincount(groups, minlength=len(names))
    means = np.bincount(groups, values, len(names)) / sizes
    return float((sizes * (means - values.mean()) ** 2).sum()) / total if total > 0 else 0.0


def label_values(values: Sequence[Scalar]) -> list[str]:
    """Return a label for each value: itself, or the range that it lies in where there are many different numbers."""
    numbers = [
        float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if len(numbers) < len(values) or len(set(numbers)) <= 2 * BINS:
        return [str(value) for value in values]
    edges = np.quantile(numbers, np.linspace(0, 1, BINS + 1))
    places = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, BINS - 1)
    return [f"{edges[place]:.2g} to {edges[place + 1]:.2g}" for place in places]


def _measure(hole: str, labels: Sequence[str], values: Floats, seed: int) -> Effect:
    share = explained(labels, values)
    generator = np.random.default_rng(seed)
    dealt = [explained(labels, generator.permutation(values)) for _ in range(PERMUTATIONS)]
    as_much = sum(one >= share for one in dealt)
    names = np.asarray(labels)
    levels = {name: math.exp(values[names == name].mean()) for name in dict.fromkeys(labels)}
    chance = (len(levels) - 1) / (len(values) - 1)
    return Effect(hole, len(values), share, chance, (as_much + 1) / (PERMUTATIONS + 1), levels)
