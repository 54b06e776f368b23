"""Finds every hole of a space for one image, and checks that each value of each hole can be used.

Each value is tried with every other hole at its first value, apart from the options that must be taken for
the hole to exist; of a range, both ends. That is enough for any point to be valid: the one rule of an
architecture that joins two values (condition both networks, or neither) can't be crossed by a series
of single steps that are all valid, and the numbers that depend on the resolution are cut to the image.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.space.bind import Bound
from nas_gan.space.fill import Filler, Place, joint_name
from nas_gan.space.nodes import Choice, Hole, Scalar, Table
from nas_gan.space.spot import Spot
from nas_gan.spec import Architecture

Labels = Mapping[str, Scalar]
MOST_HOLES = 2_000


@final
@dataclass(frozen=True)
class Meeting:
    """A hole that was met at a place while the joint choices had these labels."""

    place: Place
    hole: Hole
    joint_labels: Labels


@final
class FirstValues:
    """Suggests what is given for a hole, and otherwise its first value."""

    def __init__(self, given: Labels) -> None:
        self._given = given

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Return the given label, or the first."""
        return self._given.get(name, choices[0])

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return the given number, or the low end."""
        given = self._given.get(name, low)
        return given if isinstance(given, int) else low

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return the given number, or the low end."""
        given = self._given.get(name, low)
        return given if isinstance(given, float) else low


def survey(bound: Bound) -> tuple[Meeting, ...]:
    """Return all holes, once for each way that leads to one, each before those that it leads to.

    Raises InputError with the first value that can't be used.
    """
    meetings: list[Meeting] = []
    tried: set[Place] = set()
    for taken in bound.combinations():
        labels = {joint_name(name): option.label for name, option in taken.items()}
        found = _survey_tree(bound.tree(taken), labels, tried, bound.file)
        meetings += found
        tried |= {meeting.place for meeting in found}
    _check_names(meetings, bound.file)
    return tuple(meetings)


def _survey_tree(tree: Table, labels: Labels, tried: Collection[Place], file: str) -> list[Meeting]:
    """Look at one tree; values of holes that were `tried` before, in another tree, aren't tried again."""
    meetings: dict[Place, Meeting] = {}
    waiting: deque[Labels] = deque([{}])
    while waiting:
        given = waiting.popleft()
        filler = Filler(tree, FirstValues(given))
        Architecture.from_tree(filler.fill(), _where(file, {**labels, **given}))
        for place, hole in filler.met:
            if place not in meetings:
                if len(meetings) == MOST_HOLES:
                    raise Spot(file, place.name).error(
                        f"the space has more than {MOST_HOLES:,} holes; copies of choices multiply, so make "
                        "fewer options copy others"
                    )
                meetings[place] = Meeting(place, hole, labels)
                for value in () if place in tried else _further_values(hole):
                    waiting.append({**dict(place.conditions), place.name: value})
    return list(meetings.values())


def _further_values(hole: Hole) -> tuple[Scalar, ...]:
    """Return what to try beside the first value."""
    if isinstance(hole, Choice):
        return hole.labels[1:]
    return (hole.high,) if hole.high > hole.low else ()


def _check_names(meetings: Sequence[Meeting], file: str) -> None:
    """Refuse two holes that a study couldn't tell apart."""
    domains: dict[str, object] = {}
    for place, hole in ((meeting.place, meeting.hole) for meeting in meetings):
        domain = hole.labels if isinstance(hole, Choice) else hole
        if domains.setdefault(place.name, domain) != domain:
            raise Spot(file, place.name).error(
                "two holes with different values have this name; set the place in one joint choice only"
            )


def _where(file: str, given: Labels) -> str:
    chosen = ", ".join(f"{name} = {value!r}" for name, value in given.items())
    return f"{file}: with {chosen}" if chosen else file
