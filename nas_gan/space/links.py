"""Checks that every `same_as` leads somewhere, whatever is chosen, and that none goes round in a circle.

Both are checked for all options at once, so that filling can't fail: a target inside an option of a choice
must be there in each of its options, and a circle is refused even if some options would avoid it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.errors import InputError
from nas_gan.space.nodes import Array, Choice, Labelled, Node, Path, SameAs, Table, children
from nas_gan.space.spot import Spot, did_you_mean

LONGEST_CHAIN = 40


@final
@dataclass(frozen=True)
class _Link:
    """A `same_as` and the place where it stands."""

    place: Path
    target: Path

    def leads_to(self, other: _Link) -> bool:
        """Say whether filling the target may need the other link: it lies inside, or on the way."""
        shorter = min(len(self.target), len(other.place))
        return self.target[:shorter] == other.place[:shorter]


def check_links(root: Table, file: str) -> None:
    """Raise InputError for a link to nowhere or in a circle."""
    links = list(_links(root, ()))
    _check_no_circle(links, file)
    for link in links:
        _check_reached(root, link, Spot(file, ".".join(link.place)))


def _links(node: Node, place: Path) -> Iterator[_Link]:
    if isinstance(node, SameAs):
        yield _Link(place, node.path)
    for step, inner in children(node):
        yield from _links(inner, (*place, step) if step else place)


def _check_no_circle(links: Sequence[_Link], file: str) -> None:
    done: set[_Link] = set()

    def visit(link: _Link, trail: list[_Link]) -> None:
        if link in trail:
            circle = [".".join(step.place) for step in [*trail[trail.index(link) :], link]]
            raise Spot(file, circle[0]).error(
                f"same_as goes round in a circle: {' → '.join(circle)}; give one of them a value"
            )
        if len(trail) == LONGEST_CHAIN:
            raise Spot(file, ".".join(trail[0].place)).error(
                f"more than {LONGEST_CHAIN} same_as follow one another; copy the value itself"
            )
        if link not in done:
            for other in (other for other in links if link.leads_to(other)):
                visit(other, [*trail, link])
            done.add(link)

    for link in links:
        visit(link, [])


def _check_reached(root: Table, link: _Link, spot: Spot) -> None:
    def follow(node: Node, path: Path) -> None:
        match node:
            case Choice() | Labelled():
                for _, inner in children(node):
                    follow(inner, path)
            case SameAs(path=target) if path:
                follow(root, (*target, *path))
            case Table() | Array() if path:
                inside = dict(children(node))
                if path[0] not in inside:
                    raise nowhere(path[0], list(inside))
                follow(inside[path[0]], path[1:])
            case _ if path:
                raise nowhere(path[0], [])

    def nowhere(step: str, known: list[str]) -> InputError:
        remedy = did_you_mean(step, known, "write it there, in every option, or in [shared]")
        path = ".".join(link.target)
        return spot.error(f'same_as = "{path}" leads nowhere: there is no {step!r}; {remedy}')

    follow(root, link.target)
