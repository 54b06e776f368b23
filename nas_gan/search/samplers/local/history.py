"""What was tried, and how it stands among all that was tried, whatever it was trained for."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from nas_gan.search.samplers.observation import Observation


def compute_standings(history: Sequence[Observation]) -> list[float | None]:
    """Say how each trial stands, from 0 for the best to 1 for the worst; None where nothing is known.

    A trial stands as its score does among all scores at the last rung that it reached, those of trials that went
    further included. So trials of all rungs are compared, and a rung that few have reached says less: the best of
    n stands at 1/2n. One that failed is worst.
    """
    rungs = sorted_scores(history)
    return [_standing(observation, rungs) for observation in history]


def rank_by_standing(history: Sequence[Observation]) -> list[int]:
    """Return the places in the history of the trials of which something is known, the best trial's first.

    Of equal ones, the one that got further comes first.
    """
    standings = compute_standings(history)
    known = [
        (standing, -max(history[place].scores, default=0), place)
        for place, standing in enumerate(standings)
        if standing is not None
    ]
    return [place for _, _, place in sorted(known)]


def sorted_scores(history: Sequence[Observation]) -> dict[int, list[float]]:
    """Return the scores at each rung, the best first."""
    rungs: dict[int, list[float]] = {}
    for observation in history:
        for images, score in observation.scores.items():
            rungs.setdefault(images, []).append(comparable(score))
    return {images: sorted(scores) for images, scores in rungs.items()}


def percentile(score: float, ordered: Sequence[float]) -> float:
    """Say where a score stands among others that it is one of: the middle of its own place, in (0, 1)."""
    return (bisect_left(ordered, score) + bisect_right(ordered, score)) / 2 / len(ordered)


def comparable(score: float) -> float:
    """Return the score, or infinity for a NaN."""
    return math.inf if math.isnan(score) else score


def _standing(observation: Observation, rungs: Mapping[int, Sequence[float]]) -> float | None:
    if observation.state == "rejected":
        return None
    if observation.state == "failed":
        return 1.0
    if not observation.scores:
        return None
    last = max(observation.scores)
    score = comparable(observation.scores[last])
    return 1.0 if math.isinf(score) else percentile(score, rungs[last])
