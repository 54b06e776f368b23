"""The parts of a space: values, tables, arrays, and the holes that stand where a value would.

A space is a tree of these nodes. What is read from a file is checked once, in `nas_gan.space.parse`;
everything else takes nodes as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, final

Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = tuple[str, ...]

# The tables of a file that aren't an architecture's own.
IMAGE, SHARED, JOINT, STARTS = "image", "shared", "joint", "starts"


@final
@dataclass(frozen=True)
class Value:
    """A value that is given."""

    value: Scalar


@final
@dataclass(frozen=True)
class Table:
    """Named nodes."""

    items: Mapping[str, Node]


@final
@dataclass(frozen=True)
class Array:
    """Numbered nodes: the stages of a network."""

    items: tuple[Node, ...]


@final
@dataclass(frozen=True)
class Option:
    """One option of a choice. `label` is what is sampled: a scalar itself, else a name."""

    label: Scalar
    node: Node


@final
@dataclass(frozen=True)
class Choice:
    """One of several options, at least one; their labels differ."""

    options: tuple[Option, ...]

    @property
    def labels(self) -> tuple[Scalar, ...]:
        """The values that can be sampled."""
        return tuple(option.label for option in self.options)

    def option(self, label: Scalar) -> Option:
        """Return the option that a sampled value stands for."""
        return self.options[self.labels.index(label)]


@final
@dataclass(frozen=True)
class IntRange:
    """A whole number in [low, high], both included. `written_high` is the file's, before any cut."""

    low: int
    high: int
    step: int
    log: bool
    written_high: int

    @property
    def count(self) -> int:
        """How many values there are."""
        return (self.high - self.low) // self.step + 1

    def value_for(self, made: Scalar) -> int | None:
        """Return the value of the hole that makes `made`; None if there is none."""
        if isinstance(made, bool) or not isinstance(made, int | float) or made != int(made):
            return None
        value = int(made)
        inside = self.low <= value <= self.high and (value - self.low) % self.step == 0
        return value if inside else None

    def cut(self, limit: int) -> IntRange:
        """Return the same range up to `limit` at most; unchanged where nothing would be left of it."""
        if limit >= self.high or limit < self.low:
            return self
        high = limit - (limit - self.low) % self.step
        return IntRange(self.low, high, self.step, self.log, self.written_high)


@final
@dataclass(frozen=True)
class FloatRange:
    """A number in [low, high], both included, in steps of `step` if there is one."""

    low: float
    high: float
    step: float | None
    log: bool

    @property
    def count(self) -> int | None:
        """How many values there are; None for a continuous range."""
        if self.step is None:
            return None
        return int((Decimal(str(self.high)) - Decimal(str(self.low))) / Decimal(str(self.step))) + 1

    def nearest(self, value: float) -> float:
        """Return the step next to `value`; without this, rounding would make one architecture look like two."""
        if self.step is None:
            return float(value)
        index = round((value - self.low) / self.step)
        return float(Decimal(str(self.low)) + index * Decimal(str(self.step)))

    def value_for(self, made: Scalar) -> float | None:
        """Return the value of the hole that makes `made`; None if there is none."""
        if isinstance(made, bool) or not isinstance(made, int | float):
            return None
        inside = self.low <= made <= self.high and self.nearest(made) == made
        return float(made) if inside else None


@final
@dataclass(frozen=True)
class SameAs:
    """A copy of what another place is filled with."""

    path: Path


@final
@dataclass(frozen=True)
class Labelled:
    """A node whose holes' names carry a label, since other holes would have the same names otherwise."""

    label: Scalar
    node: Node


Range: TypeAlias = IntRange | FloatRange
Hole: TypeAlias = Choice | IntRange | FloatRange
Node: TypeAlias = Value | Table | Array | Choice | IntRange | FloatRange | SameAs | Labelled


def children(node: Node) -> tuple[tuple[str, Node], ...]:
    """Return the nodes inside a node, each with its step in a path; a choice's options add no step ("")."""
    match node:
        case Table(items=items):
            return tuple(items.items())
        case Array(items=items):
            return tuple((str(index), item) for index, item in enumerate(items))
        case Choice(options=options):
            return tuple(("", option.node) for option in options)
        case Labelled(node=inner):
            return (("", inner),)
        case _:
            return ()


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the node with each node directly inside it changed."""
    match node:
        case Table(items=items):
            return Table({key: change(inner) for key, inner in items.items()})
        case Array(items=items):
            return Array(tuple(change(inner) for inner in items))
        case Choice(options=options):
            return Choice(tuple(Option(option.label, change(option.node)) for option in options))
        case Labelled(label=label, node=inner):
            return Labelled(label, change(inner))
        case _:
            return node


def copies_in(node: Node) -> Iterator[SameAs]:
    """Return every copy in a node."""
    if isinstance(node, SameAs):
        yield node
    for _, inner in children(node):
        yield from copies_in(inner)


def has_hole(node: Node) -> bool:
    """Say whether anything in a node has to be sampled."""
    return isinstance(node, Choice | IntRange | FloatRange) or any(
        has_hole(inner) for _, inner in children(node)
    )
