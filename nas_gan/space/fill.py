"""Fills holes: walks the tree in the file's order and asks for a value at each hole it meets.

A hole's name is the dotted path of its place. Inside a table that was one option of a choice, the option's
label follows the choice in brackets: `generator.conditioning[hidden_concat].stage`. So holes of different
options never share a name, and only those of the chosen option are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, final

from nas_gan.space.bind import Bound
from nas_gan.space.joint import Taken
from nas_gan.space.nodes import (
    JOINT,
    SHARED,
    Array,
    Choice,
    FloatRange,
    Hole,
    IntRange,
    Labelled,
    Node,
    Option,
    Path,
    SameAs,
    Scalar,
    Table,
    Value,
    children,
)
from nas_gan.space.suggest import Suggest

Condition = tuple[str, Scalar]


@final
@dataclass(frozen=True)
class Place:
    """Where a node stands: its name, and the options (hole, label) that had to be taken to get there."""

    name: str = ""
    conditions: tuple[Condition, ...] = ()

    def inside(self, key: str) -> Place:
        """Return one step further in."""
        return replace(self, name=f"{self.name}.{key}" if self.name else key)

    def labelled(self, label: Scalar) -> Place:
        """Return the same place, told apart by a label."""
        return replace(self, name=f"{self.name}[{label}]")

    def taken(self, label: Scalar) -> Place:
        """Return the spot inside an option of the choice that stands here."""
        return Place(f"{self.name}[{label}]", (*self.conditions, (self.name, label)))


def take_joints(bound: Bound, suggest: Suggest) -> Taken:
    """Ask for an option of each joint choice."""
    return {
        name: choice.option(suggest.suggest_categorical(joint_name(name), choice.labels))
        for name, choice in bound.choices.items()
    }


def joint_name(name: str) -> str:
    """Return the parameter of a joint choice."""
    return f"{JOINT}.{name}"


@final
class Filler:
    """Fills one tree once. `met` lists the holes in the order they were met, again at each copy."""

    def __init__(self, tree: Table, suggest: Suggest) -> None:
        self._tree = tree
        self._suggest = suggest
        self._values: dict[str, Scalar] = {}
        self.met: list[tuple[Place, Hole]] = []

    def fill(self) -> dict[str, Any]:
        """Return the architecture as plain tables. Shared holes are asked for only where something copies them."""
        return {
            key: self._filled(node, Place(key)) for key, node in self._tree.items.items() if key != SHARED
        }

    def _filled(self, node: Node, place: Place) -> Any:
        match node:
            case Value(value=value):
                return value
            case Table(items=items):
                return {key: self._filled(inner, place.inside(key)) for key, inner in items.items()}
            case Array(items=stages):
                return [self._filled(stage, place.inside(str(i))) for i, stage in enumerate(stages)]
            case IntRange() | FloatRange():
                return self._asked(node, place)
            case Choice() | Labelled() | SameAs():
                return self._filled(*self._opened(node, place))

    def _found(self, path: Path, copy: Place) -> tuple[Node, Place]:
        """Return what stands at a path, and its place; choices on the way are made."""
        # A shared hole is there under its copy's conditions, any other hole under its own.
        place = Place(conditions=copy.conditions if path[0] == SHARED else ())
        node: Node = self._tree
        for step in path:
            node, place = self._opened(node, place)
            node, place = dict(children(node))[step], place.inside(step)
        return node, place

    def _opened(self, node: Node, place: Place) -> tuple[Node, Place]:
        """Return the node behind choices and copies, and its place."""
        match node:
            case Choice():
                option = self._taken(node, place)
                return self._opened(option.node, place.taken(option.label))
            case Labelled(label=label, node=inner):
                return self._opened(inner, place.labelled(label))
            case SameAs(path=path):
                return self._opened(*self._found(path, place))
            case _:
                return node, place

    def _taken(self, choice: Choice, place: Place) -> Option:
        return choice.option(self._asked(choice, place))

    def _asked(self, hole: Hole, place: Place) -> Scalar:
        self.met.append((place, hole))
        if place.name not in self._values:
            self._values[place.name] = suggest_value(self._suggest, place.name, hole)
        return self._values[place.name]


def suggest_value(suggest: Suggest, name: str, hole: Hole) -> Scalar:
    """Ask for the value of one hole."""
    match hole:
        case Choice(labels=labels):
            return suggest.suggest_categorical(name, labels)
        case IntRange(log=True):
            return suggest.suggest_int(name, hole.low, hole.high, log=True)
        case IntRange():
            return suggest.suggest_int(name, hole.low, hole.high, step=hole.step)
        case FloatRange():
            value = suggest.suggest_float(name, hole.low, hole.high, step=hole.step, log=hole.log)
            return hole.nearest(value)
