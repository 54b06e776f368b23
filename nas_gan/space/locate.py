"""Finds the hole values of an architecture: the way back from what `fill` makes.

Walks a space's tree beside the architecture, in the file's order, and notes at each hole the value that makes
what the architecture has there. What the file leaves out must be at its default. Where several options of a
choice fit, or a copy reaches into a choice that isn't made yet, one is taken, and the next where the rest of the
tree doesn't fit it. So the answer is exact: a point that fills to this very architecture, or there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from nas_gan.space.bind import Bound
from nas_gan.space.fill import Place, joint_name
from nas_gan.space.holes import describe_range
from nas_gan.space.nodes import (
    SHARED,
    Array,
    Choice,
    FloatRange,
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
    copies_in,
)
from nas_gan.spec import Architecture
from nas_gan.spec.architecture import with_kinds

IN_BRACKETS = re.compile(r"\[[^\]]*\]")

Point = Mapping[str, Scalar]
"""The value of each hole that is met, by name."""


@final
@dataclass(frozen=True)
class NotAPoint:
    """Why an architecture isn't in a space: the place that no point gets right, of those tried the furthest on.

    `path` is the architecture's, `offered` what the space can have there, `found` what the architecture has.
    """

    path: str
    offered: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: the space has {self.offered}, the architecture {self.found}"


def locate(bound: Bound, architecture: Architecture) -> Point | NotAPoint:
    """Return the point of a space, bound to the architecture's image, that fills to it; or why there is none."""
    misfits = []
    for taken in bound.combinations():
        matcher = _Matcher(bound.tree(taken))
        labels = {joint_name(name): option.label for name, option in taken.items()}
        for point in matcher.points(architecture, labels):
            return point
        misfits.append(matcher.furthest)
    return _most_telling(misfits)


@final
@dataclass(frozen=True)
class _Misfit:
    """A place that didn't fit, after so many values that did."""

    matched: int
    reason: NotAPoint


def _most_telling(misfits: Sequence[_Misfit]) -> NotAPoint:
    """Return the furthest misfit, with what each option of a joint choice offers in its place."""
    furthest = max(misfits, key=lambda misfit: misfit.matched)
    same = [
        m.reason for m in misfits if (m.matched, m.reason.path) == (furthest.matched, furthest.reason.path)
    ]
    return replace(furthest.reason, offered=" or ".join(dict.fromkeys(reason.offered for reason in same)))


@final
@dataclass(frozen=True)
class _State:
    """What is known at one moment of the walk: hole values, and how many values were compared and fit."""

    values: Point
    matched: int = 0

    def one_more(self) -> _State:
        return _State(self.values, self.matched + 1)


@final
@dataclass(frozen=True)
class _Part:
    """A node of the space, its place there, and what the architecture has instead, with its path.

    `is_default`: whether the file says nothing of it.
    """

    node: Node
    place: Place
    made: Any
    path: Path
    is_default: bool = False

    def inside(self, key: str, node: Node) -> _Part:
        """Return a field, which the architecture may not have."""
        return _Part(
            node, self.place.inside(key), getattr(self.made, key, None), (*self.path, key), self.is_default
        )

    def left_out(self, key: str, default: Node) -> _Part:
        return _Part(default, self.place.inside(key), getattr(self.made, key, None), (*self.path, key), True)


@final
class _Matcher:
    """Compares one tree with one architecture, once. `furthest` is the misfit after the most values that fit."""

    def __init__(self, tree: Table) -> None:
        self._tree = tree
        self._targets = {copy.path for copy in copies_in(tree)}
        self._copied: dict[str, bool] = {}
        self.furthest = _Misfit(-1, NotAPoint("", "", ""))

    def points(self, architecture: Architecture, known: Point) -> Iterator[Point]:
        """Return every point that fills to the architecture, with the values that are known."""
        root = Table({key: node for key, node in self._tree.items.items() if key != SHARED})
        for state in self._match(_Part(root, Place(), architecture, ()), _State(known)):
            yield state.values

    def _match(self, part: _Part, state: _State) -> Iterator[_State]:
        """Return each way to fill the node so that it makes what the architecture has."""
        match part.node:
            case Value(value=str(kind)) if isinstance(part.made, BaseModel):
                yield from self._match(replace(part, node=Table({"kind": Value(kind)})), state)
            case Value(value=value):
                if _is_same(value, part.made):
                    yield state.one_more()
                else:
                    self._note(part, state)
            case Table(items=items):
                yield from self._match_table(items, part, state)
            case Array(items=items):
                yield from self._match_array(items, part, state)
            case IntRange() | FloatRange():
                yield from self._match_range(part.node, part, state)
            case Choice():
                yield from self._match_choice(part.node, part, state)
            case Labelled(label=label, node=inner):
                yield from self._match(replace(part, node=inner, place=part.place.labelled(label)), state)
            case SameAs(path=path):
                for node, place, reached in self._found(path, state):
                    yield from self._match(replace(part, node=node, place=place), reached)

    def _match_table(self, items: Mapping[str, Node], part: _Part, state: _State) -> Iterator[_State]:
        made = part.made
        if not isinstance(made, BaseModel):
            self._note(part, state)
            return
        items = {**_kind_left_out(part.path), **items}
        fields = type(made).model_fields
        # The kind first: it says which fields there are, and what stands in those that are left out.
        kind = [part.inside("kind", items["kind"])] if "kind" in items else []
        for reached in self._match_all(kind, state):
            if items.keys() <= fields.keys():
                others = [
                    part.inside(key, items[key]) if key in items else part.left_out(key, _default(field))
                    for key, field in fields.items()
                    if key != "kind" or not kind
                ]
                yield from self._match_all(others, reached)
            else:
                self._note(part, reached)

    def _match_all(self, parts: Sequence[_Part], state: _State) -> Iterator[_State]:
        if not parts:
            yield state
            return
        tried: list[Point] = []
        for reached in self._match(parts[0], state):
            # The rest depends on the values that copies reach. Where they are as before, so is how it ends.
            copied = {name: value for name, value in reached.values.items() if self._is_copied(name)}
            if copied not in tried:
                tried.append(copied)
                yield from self._match_all(parts[1:], reached)

    def _is_copied(self, name: str) -> bool:
        """Say whether a copy may reach the hole of this name, so that it may be met again."""
        if name not in self._copied:
            path = tuple(IN_BRACKETS.sub("", name).split("."))
            self._copied[name] = any(path[: len(to)] == to[: len(path)] for to in self._targets)
        return self._copied[name]

    def _match_array(self, items: Sequence[Node], part: _Part, state: _State) -> Iterator[_State]:
        if not isinstance(part.made, tuple) or len(part.made) != len(items):
            self._note(part, state)
            return
        parts = [
            _Part(node, part.place.inside(str(index)), made, (*part.path, str(index)), part.is_default)
            for index, (node, made) in enumerate(zip(items, part.made, strict=True))
        ]
        yield from self._match_all(parts, state.one_more())  # the length fits, too

    def _match_range(self, hole: IntRange | FloatRange, part: _Part, state: _State) -> Iterator[_State]:
        value = None if isinstance(part.made, BaseModel | tuple) else hole.value_for(part.made)
        if value is None:
            self._note(part, state)
        else:
            yield from self._set(value, part, state)

    def _match_choice(self, choice: Choice, part: _Part, state: _State) -> Iterator[_State]:
        self._note(part, state)  # before what the options note: it names them all
        for option in choice.options:
            inside = replace(part, node=option.node, place=part.place.taken(option.label))
            for chosen in self._set(option.label, part, state):
                yield from self._match(inside, chosen)

    def _set(self, value: Scalar, part: _Part, state: _State) -> Iterator[_State]:
        """Return the state with a hole's value, unless the hole has another value for what came before."""
        name = part.place.name
        if name not in state.values:
            yield _State({**state.values, name: value}, state.matched)
        elif _is_same(state.values[name], value):
            yield state
        else:
            self._note(part, state)

    def _found(self, path: Path, state: _State) -> Iterator[tuple[Node, Place, _State]]:
        """Return what stands at the path of a copy, once for each way to make the choices that lead to it."""
        ways: list[tuple[Node, Place, _State]] = [(self._tree, Place(), state)]
        for step in path:
            ways = [
                (dict(children(node))[step], place.inside(step), reached)
                for way in ways
                for node, place, reached in self._opened(*way)
            ]
        yield from ways

    def _opened(self, node: Node, place: Place, state: _State) -> Iterator[tuple[Node, Place, _State]]:
        """Return what can be behind choices and copies."""
        match node:
            case Choice(options=options):
                for option in options:
                    if _is_same(state.values.get(place.name, option.label), option.label):
                        chosen = replace(state, values={**state.values, place.name: option.label})
                        yield from self._opened(option.node, place.taken(option.label), chosen)
            case Labelled(label=label, node=inner):
                yield from self._opened(inner, place.labelled(label), state)
            case SameAs(path=path):
                for way in self._found(path, state):
                    yield from self._opened(*way)
            case _:
                yield node, place, state

    def _note(self, part: _Part, state: _State) -> None:
        """Keep a misfit, if more values fit before it than before the one that is kept."""
        if state.matched <= self.furthest.matched:
            return
        name = part.place.name
        offered = _offered(part.node)
        if name in state.values:  # of a hole that was met before
            offered = f"{_in_words(state.values[name])} (also elsewhere, from {name})"
        elif part.is_default:
            offered += " (the file leaves it out)"
        # A table of another kind is told by the table's place.
        path = part.path[:-1] if part.path[-1:] == ("kind",) else part.path
        self.furthest = _Misfit(state.matched, NotAPoint(".".join(path), offered, _in_words(part.made)))


def _default(field: FieldInfo) -> Node:
    """Return what a field is that the file leaves out; nothing, which fits none, if it must be given."""
    return Value(None) if field.is_required() else _as_node(field.default)


def _as_node(default: Any) -> Node:
    """Return a default as if it were written."""
    match default:
        case BaseModel():
            return Table({key: _as_node(getattr(default, key)) for key in type(default).model_fields})
        case tuple():
            return Array(tuple(_as_node(item) for item in default))
        case _:
            return Value(default)


def _kind_left_out(path: Path) -> Mapping[str, Node]:
    """Return the kind that a table at this path has where it names none; empty where it must."""
    tree: Any = {}
    for step in reversed(path):
        tree = {step: tree}
    tree = with_kinds(tree)
    for step in path:
        tree = tree[step]
    return {key: Value(value) for key, value in tree.items()}


def _is_same(one: object, other: object) -> bool:
    """Say whether two values are equal; in Python True is 1, and an architecture may have 1.0 where a file has 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _offered(node: Node) -> str:
    """Return what can be made of a node, in words."""
    match node:
        case Choice(options=options):
            return ", ".join(_option_in_words(option) for option in options)
        case IntRange() | FloatRange():
            return describe_range(node)
        case Value(value=value):
            return _in_words(value)
        case Array(items=items):
            return _in_words(items)
        case Table(items={"kind": kind}):
            return _offered(kind)
        case _:
            return "a table"


def _option_in_words(option: Option) -> str:
    return str(option.label) if isinstance(option.node, Table) else _offered(option.node)


def _in_words(made: object) -> str:
    match made:
        case None:
            return "nothing"
        case bool():
            return str(made).lower()
        case BaseModel():
            return str(getattr(made, "kind", "a table"))
        case tuple():
            return f"{len(made)} of them"
        case _:
            return str(made)
