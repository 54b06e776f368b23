"""The order of trials by any number of scores, the best first."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

Point = tuple[float, ...]

MARGIN = 0.1
"""The hypervolume's bound lies so much of a score's span beyond its worst value, so that the ends of a front count."""


@final
@dataclass(frozen=True)
class Place:
    """Where a trial stands among others by several scores.

    `is_beyond`: its first score is worse than the reference, the median of all. `dominated_by`: those that are no worse
    in any score and better in one. `share`: of the hypervolume of its front, what it alone adds, at least 0.
    """

    number: int
    is_beyond: bool
    dominated_by: tuple[int, ...]
    share: float


def rank_points(points: Mapping[int, Point], higher_is_better: Sequence[bool]) -> list[int]:
    """Order points by number, the best first, as `place_points` does; with one score a point, by that alone.

    A score that is no number is worse than any other. Raises ValueError where a point has another count of scores.
    """
    if len(higher_is_better) == 1:
        costs = _all_costs(points, higher_is_better)
        return sorted(costs, key=costs.__getitem__)
    return [place.number for place in place_points(points, higher_is_better)]


def place_points(points: Mapping[int, Point], higher_is_better: Sequence[bool]) -> list[Place]:
    """Order points of several scores, the best first.

    The smallest network is dominated by none, however bad it is. So the first score has a reference, the median of all
    points, and those that are worse come after all others. Among the points on either side, fronts that no other one
    dominates come one after the other (Deb et al. 2002, NSGA-II), and within a front those first that alone add most to
    its hypervolume (Beume et al. 2007, SMS-EMOA); of equal ones, by the first score.
    """
    costs = _all_costs(points, higher_is_better)
    if not costs:
        return []
    reference = statistics.median_high(cost[0] for cost in costs.values())
    bound = _bound_of(list(costs.values()), reference)
    placed = []
    for is_beyond in (False, True):
        side = {number: cost for number, cost in costs.items() if (cost[0] > reference) == is_beyond}
        for front in _fronts(side):
            shares = _shares([side[number] for number in front], bound)
            found = [
                Place(number, is_beyond, _dominating(number, costs), share)
                for number, share in zip(front, shares, strict=True)
            ]
            placed += sorted(found, key=lambda place: (-place.share, costs[place.number][0]))
    return placed


def reference_of(points: Mapping[int, Point], *, higher_is_better: bool) -> float:
    """Return the first score that a point has to have at least: the median, or of two in the middle the worse one."""
    signed = [_cost(point[0], higher_is_better) for point in points.values()]
    reference = statistics.median_high(signed)
    return -reference if higher_is_better else reference


def first_front(points: Mapping[int, Point], higher_is_better: Sequence[bool]) -> list[int]:
    """Return the points that no other one dominates, in order of their first score, the best first."""
    costs = _all_costs(points, higher_is_better)
    front = next(iter(_fronts(costs)), [])
    return sorted(front, key=lambda number: costs[number])


def hypervolume(costs: Sequence[Point], bound: Point) -> float:
    """Measure what is dominated by points of which less is better, up to a bound: by slices along the last score."""
    inside = sorted(
        (cost for cost in costs if all(value < most for value, most in zip(cost, bound, strict=True))),
        key=lambda cost: cost[-1],
    )
    if len(bound) == 1:
        return bound[0] - inside[0][0] if inside else 0.0
    total, best = 0.0, math.inf
    for place, cost in enumerate(inside):
        top = inside[place + 1][-1] if place + 1 < len(inside) else bound[-1]
        best = min(best, cost[0])
        if top > cost[-1]:
            below = (
                bound[0] - best
                if len(bound) == 2
                else hypervolume([each[:-1] for each in inside[: place + 1]], bound[:-1])
            )
            total += (top - cost[-1]) * below
    return total


def _all_costs(points: Mapping[int, Point], higher_is_better: Sequence[bool]) -> dict[int, Point]:
    """Turn scores into costs, of which less is better."""
    if any(len(point) != len(higher_is_better) for point in points.values()):
        raise ValueError(f"each point has to have {len(higher_is_better)} scores")
    return {
        number: tuple(
            _cost(value, higher) for value, higher in zip(points[number], higher_is_better, strict=True)
        )
        for number in sorted(points)
    }


def _cost(value: float, higher_is_better: bool) -> float:
    return math.inf if math.isnan(value) else -value if higher_is_better else value


def _fronts(costs: Mapping[int, Point]) -> list[list[int]]:
    left, fronts = list(costs), []
    while left:
        front = [one for one in left if not any(_dominates(costs[other], costs[one]) for other in left)]
        fronts.append(front)
        left = [number for number in left if number not in front]
    return fronts


def _dominating(number: int, costs: Mapping[int, Point]) -> tuple[int, ...]:
    return tuple(other for other, cost in costs.items() if _dominates(cost, costs[number]))


def _dominates(one: Point, other: Point) -> bool:
    return one != other and all(mine <= theirs for mine, theirs in zip(one, other, strict=True))


def _bound_of(costs: Sequence[Point], reference: float) -> Point:
    """Return the corner up to which volume counts: the reference, and beyond the worst of each other score."""
    bound = []
    for score in range(len(costs[0])):
        values = [cost[score] for cost in costs if math.isfinite(cost[score])] or [0.0]
        worst = max(values) if score else min(reference, max(values))
        bound.append(worst + MARGIN * ((worst - min(values)) or 1.0))
    return tuple(bound)


def _shares(front: Sequence[Point], bound: Point) -> list[float]:
    """Return what each point of a front alone adds to its hypervolume."""
    whole = hypervolume(front, bound)
    return [whole - hypervolume([*front[:place], *front[place + 1 :]], bound) for place in range(len(front))]
