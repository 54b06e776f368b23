"""The order of trials by any number of scores, the best first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Point = tuple[float, ...]


def rank_points(points: Mapping[int, Point], higher_is_better: Sequence[bool]) -> list[int]:
    """Order points by number, the best first; points that are alike in order of their numbers.

    With one score a point, it is sorted by that. With several, fronts of points that no other one dominates come one
    after the other, and within a front those with the most room around them come first (Deb et al. 2002, NSGA-II). A
    score that is no number is worse than any other. Raises ValueError where a point has another count of scores.
    """
    if any(len(point) != len(higher_is_better) for point in points.values()):
        raise ValueError(f"each point has to have {len(higher_is_better)} scores")
    costs = {number: _costs(points[number], higher_is_better) for number in sorted(points)}
    if len(higher_is_better) == 1:
        return sorted(costs, key=costs.__getitem__)
    ordered: list[int] = []
    for front in _fronts(costs):
        room = _room_around({number: costs[number] for number in front})
        ordered += sorted(front, key=lambda number: -room[number])
    return ordered


def _costs(point: Point, higher_is_better: Sequence[bool]) -> Point:
    """Turn scores into costs, of which less is better."""
    signed = [-value if higher else value for value, higher in zip(point, higher_is_better, strict=True)]
    return tuple(math.inf if math.isnan(value) else value for value in signed)


def _fronts(costs: Mapping[int, Point]) -> list[list[int]]:
    left, fronts = list(costs), []
    while left:
        front = [one for one in left if not any(_dominates(costs[other], costs[one]) for other in left)]
        fronts.append(front)
        left = [number for number in left if number not in front]
    return fronts


def _dominates(one: Point, other: Point) -> bool:
    return one != other and all(mine <= theirs for mine, theirs in zip(one, other, strict=True))


def _room_around(front: Mapping[int, Point]) -> dict[int, float]:
    """Add up, over all scores, how far apart the neighbours of each point are; those at the ends have endless room."""
    room = dict.fromkeys(front, 0.0)
    for score in range(len(next(iter(front.values())))):
        along = sorted(front, key=lambda number: front[number][score])
        span = front[along[-1]][score] - front[along[0]][score]
        room[along[0]] = room[along[-1]] = math.inf
        if not (span > 0 and math.isfinite(span)):
            continue
        for before, number, after in zip(along, along[1:], along[2:], strict=False):
            room[number] += (front[after][score] - front[before][score]) / span
    return room
