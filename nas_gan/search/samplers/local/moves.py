"""How one point comes from others: some holes changed, or a subtree taken from a second parent.

A move is a way to answer holes. The space itself, while it is filled, says which holes there are: what a changed
choice does away with isn't asked for, and what it brings along is drawn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence

from nas_gan.search.samplers.local.domain import Domain
from nas_gan.search.samplers.local.points import Answer, Point
from nas_gan.search.samplers.local.settings import LocalSettings
from nas_gan.space.nodes import Scalar

BORDER = re.compile(r"\.|(?=\[)")


def inherit(parents: Sequence[Mapping[str, Scalar]], draw: Answer) -> Answer:
    """Answer with the first parent's value, or the next one's that has such a hole, else with a new one."""

    def answer(hole: str, domain: Domain) -> Scalar:
        for values in parents:
            if hole in values and domain.has(values[hole]):
                return values[hole]
        return draw(hole, domain)

    return answer


def mutate(parent: Point, draw: Answer, settings: LocalSettings, generator: random.Random) -> Answer:
    """Change some holes of a parent: mostly few, sometimes up to half of them.

    A number moves to a value close by as often as to any other. Learning rates, and other numbers of a logarithmic
    scale, change beside the others, and often.
    """
    free = [hole for hole, domain in parent.domains.items() if not domain.is_single]
    chosen = set(generator.sample(free, _draw_count(len(free), settings.tail_exponent, generator)))
    scales = [hole for hole in free if parent.domains[hole].is_scale]
    chosen.update(hole for hole in scales if generator.random() < settings.scale_share)
    keep = inherit([parent.values], draw)

    def answer(hole: str, domain: Domain) -> Scalar:
        value = keep(hole, domain)
        if hole not in chosen or domain.is_single:
            return value
        if domain.is_ordered and generator.random() < settings.near_share:
            return domain.draw_near(value, settings.near_deviation, generator)
        return domain.draw_other(value, generator)

    return answer


def cross(one: Point, other: Point, draw: Answer, generator: random.Random) -> Answer | None:
    """Take a whole subtree from the other parent, all else from the first; None if they differ in no subtree."""
    differing = [
        subtree
        for subtree in sorted({*_subtrees(one.values), *_subtrees(other.values)})
        if _inside(subtree, one.values) != _inside(subtree, other.values)
    ]
    if not differing:
        return None
    subtree = generator.choice(differing)
    first, second = inherit([one.values, other.values], draw), inherit([other.values, one.values], draw)
    return lambda hole, domain: (second if _is_inside(hole, subtree) else first)(hole, domain)


def _draw_count(free: int, exponent: float, generator: random.Random) -> int:
    counts = range(1, max(1, free // 2) + 1)
    (count,) = generator.choices(counts, [count**-exponent for count in counts])
    return min(count, free)


def _subtrees(values: Mapping[str, Scalar]) -> Iterator[str]:
    """Return the names of all places above the holes that hold more than one of them."""
    found: dict[str, int] = {}
    for hole in values:
        borders = [match.start() for match in BORDER.finditer(hole)]
        for border in borders:
            found[hole[:border]] = found.get(hole[:border], 0) + 1
    return (place for place, holes in found.items() if holes > 1 or place in values)


def _inside(subtree: str, values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {hole: value for hole, value in values.items() if _is_inside(hole, subtree)}


def _is_inside(hole: str, subtree: str) -> bool:
    return hole == subtree or hole.startswith((f"{subtree}.", f"{subtree}["))
