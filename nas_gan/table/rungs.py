"""From a run's rungs and curve to the rungs of its row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from nas_gan.runs.record import RungRecord
from nas_gan.table.row import Curve, Rung, SmallScores

Point = Mapping[str, float]


def make_rungs(
    scored: Sequence[RungRecord],
    curve: Sequence[Point],
    cpu_seconds: Sequence[float],
    small: Sequence[SmallScores | None],
) -> tuple[Rung, ...]:
    """Return the rungs of a run that was scored in full, with what its curve says since the rung before.

    `cpu_seconds` are those of each rung, `small` the small scores as far as there are any.
    """
    rungs = []
    left, since = list(curve), list(curve[:1])
    for place, rung in enumerate(scored):
        # The window that ends a rung is closed by the first update that reaches its images.
        count = next(
            (n for n, point in enumerate(left, 1) if point["images_seen"] >= rung.images_seen), len(left)
        )
        # One update of a large batch may reach two rungs.
        since, left = left[:count] or since, left[count:]
        extra = small[place] if place < len(small) else None
        rungs.append(_make_rung(rung, since, cpu_seconds[place], extra))
    return tuple(rungs)


def known(score: float | None) -> float:
    """Return a score that was asked for; NaN where there is none."""
    return math.nan if score is None else score


def _make_rung(rung: RungRecord, since: Sequence[Point], seconds: float, small: SmallScores | None) -> Rung:
    scores = rung.scores
    return Rung(
        images_seen=rung.images_seen,
        inception_score=known(scores.inception_score),
        frechet_distance=known(scores.frechet_distance),
        kernel_distance=known(scores.kernel_distance),
        class_frechet_distance=scores.mean_class_frechet_distance,
        class_similarity=scores.class_similarity,
        small=small,
        window=_mean(since[-1:]),
        since=_mean(since),
        training_seconds=rung.training_seconds,
        scoring_seconds=rung.scoring_seconds,
        cpu_seconds=seconds,
    )


def _mean(points: Sequence[Point]) -> Curve:
    """Return means over updates. The points of a rung are of equally many, but for the last one."""
    weights = [point["updates"] for point in points]
    return Curve(**{name: fmean((point[name] for point in points), weights) for name in Curve.model_fields})
