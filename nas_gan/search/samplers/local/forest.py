"""A forest that foretells how points stand, and chooses among candidates; scikit-learn grows it, where it is there.

Each score of a trial at a rung is a row: the holes' values, the logarithms of the multiply-adds and of the images
seen, and where the score stands at that rung. So early scores teach, and it shows how much they say of the end.
"""

from __future__ import annotations

import importlib.util
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any, TypeAlias

from nas_gan.search.samplers.local.history import comparable, percentile, sorted_scores
from nas_gan.search.samplers.local.points import Point
from nas_gan.search.samplers.local.settings import LocalSettings
from nas_gan.search.samplers.observation import Observation

Features: TypeAlias = Mapping[str, float]
Tried: TypeAlias = Sequence[tuple[Observation, Point]]

MACS, IMAGES = "log multiply-adds", "log images"
ABSENT = -1.0
NORMAL = NormalDist()


def has_forest() -> bool:
    """Say whether scikit-learn is installed."""
    return importlib.util.find_spec("sklearn") is not None


def choose_best(
    candidates: Sequence[Point], tried: Tried, settings: LocalSettings, generator: random.Random
) -> Point:
    """Return the candidate of the greatest expected improvement for its cost, at the last rung that anything has
    reached.
    """
    rows = list(_rows(tried))
    last = max(row[IMAGES] for row, _ in rows)
    known = [{**_features(point), IMAGES: last} for _, point in tried]
    wanted = [{**_features(point), IMAGES: last} for point in candidates]
    columns = sorted({name for row, _ in rows for name in row} | {name for row in wanted for name in row})
    trees = _grow([_in_columns(row, columns) for row, _ in rows], [y for _, y in rows], settings, generator)
    foretold = _foretell(trees, [_in_columns(row, columns) for row in (*known, *wanted)])
    best = min(mean for mean, _ in foretold[: len(known)])
    values = [
        _improvement(best, mean, deviation) / point.macs**settings.cost_exponent
        for (mean, deviation), point in zip(foretold[len(known) :], candidates, strict=True)
    ]
    return candidates[values.index(max(values))]


def _rows(tried: Tried) -> Iterator[tuple[Features, float]]:
    """Features, and where the score stands in [0, 1]; one that failed stands last at the next rung it didn't reach."""
    rungs = sorted_scores([observation for observation, _ in tried])
    for observation, point in tried:
        features = _features(point)
        for images, score in observation.scores.items():
            standing = percentile(comparable(score), rungs[images])
            yield {**features, IMAGES: math.log(images)}, standing
        if observation.state == "failed":
            missing = [images for images in rungs if images not in observation.scores]
            yield {**features, IMAGES: math.log(min(missing, default=max(rungs, default=1)))}, 1.0


def _features(point: Point) -> Features:
    named = {
        f"{hole} {name}": number
        for hole, domain in point.domains.items()
        for name, number in domain.features(point.values[hole]).items()
    }
    return {**named, MACS: math.log(point.macs)}


def _in_columns(features: Features, columns: Sequence[str]) -> list[float]:
    return [features.get(name, ABSENT) for name in columns]


def _grow(
    rows: list[list[float]], standings: list[float], settings: LocalSettings, generator: random.Random
) -> Sequence[Any]:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        n_estimators=settings.trees, max_features=1 / 3, random_state=generator.getrandbits(31)
    )
    return forest.fit(rows, standings).estimators_  # type: ignore[no-any-return]


def _foretell(trees: Sequence[Any], rows: list[list[float]]) -> list[tuple[float, float]]:
    """Return the mean and the standard deviation over the trees, for each row."""
    import numpy as np

    each = np.stack([tree.predict(np.asarray(rows)) for tree in trees])
    return list(zip(each.mean(axis=0).tolist(), each.std(axis=0).tolist(), strict=True))


def _improvement(best: float, mean: float, deviation: float) -> float:
    """Say how much less than `best` a normal variable is on average, where less counts and more doesn't."""
    if deviation <= 0.0:
        return max(0.0, best - mean)
    share = (best - mean) / deviation
    return (best - mean) * NORMAL.cdf(share) + deviation * NORMAL.pdf(share)
