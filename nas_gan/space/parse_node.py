"""Reads values, tables and holes.

A table with one of the keys `choice`, `int`, `float` and `same_as` is a hole:

    { choice = [64, 100, 128] }                   scalars, names, or whole tables with holes inside
    { int = [16, 64], step = 8 }                  both ends included; `step`, or `log = true`
    { float = [1e-4, 1e-3], log = true }          the same; continuous without `step`
    { same_as = "generator.width" }               what another place is filled with

An option that is a table is sampled by its `label`, or else its `kind`, which must be unlike the others'.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from nas_gan.space.nodes import SHARED, Array, Choice, Node, Option, SameAs, Scalar, Table, Value
from nas_gan.space.parse_range import parse_float_range, parse_int_range
from nas_gan.space.spot import Spot, did_you_mean
from nas_gan.spec import Architecture

BESIDE = {"choice": (), "int": ("step", "log"), "float": ("step", "log"), "same_as": ()}


@cache
def field_names() -> frozenset[str]:
    """Return every name that a field of an architecture has, anywhere in it."""
    models = Architecture.model_json_schema(mode="serialization")["$defs"].values()
    return frozenset(name for model in models for name in model["properties"])


def parse_node(value: object, spot: Spot) -> Node:
    """Read a value, table, list of tables or hole."""
    match value:
        case Mapping():
            return _parse_hole(value, spot) if _holes_in(value) else parse_table(value, field_names(), spot)
        case list():
            if not all(isinstance(item, Mapping) for item in value):
                raise spot.error(f"{value} is a list of values; for a hole write {{ choice = {value} }}")
            return Array(tuple(parse_node(item, spot.inside(index)) for index, item in enumerate(value)))
        case float() if not math.isfinite(value):
            raise spot.error(f"{value} is not a finite number; give one that is")
        case None | str() | bool() | int() | float():
            return Value(value)
        case _:
            raise spot.error(f"{value} is neither a number, a string nor a table; use one of them")


def parse_table(table: Mapping[str, Any], known: Collection[str], spot: Spot) -> Table:
    """Read a table whose keys must be `known`."""
    for key in table:
        if key not in known:
            remedy = did_you_mean(key, [*known, *BESIDE], "remove it")
            raise spot.inside(key).error(f"{key!r} is neither a known field nor a kind of hole; {remedy}")
    return Table({key: parse_node(value, spot.inside(key)) for key, value in table.items()})


def _holes_in(table: Mapping[str, Any]) -> list[str]:
    return [kind for kind in BESIDE if kind in table]


def _parse_hole(table: Mapping[str, Any], spot: Spot) -> Node:
    kind, *more = _holes_in(table)
    for key in table:
        if key in more or (key != kind and key not in BESIDE[kind]):
            allowed = "only " + " or ".join(BESIDE[kind]) if BESIDE[kind] else "nothing"
            raise spot.error(f"{key!r} can't stand beside {kind!r} in a hole, {allowed} can; remove it")
    match kind:
        case "choice":
            return _parse_choice(table["choice"], spot)
        case "int":
            return parse_int_range(table, spot)
        case "float":
            return parse_float_range(table, spot)
        case _:
            return _parse_same_as(table["same_as"], spot)


def _parse_choice(options: object, spot: Spot) -> Choice:
    if not isinstance(options, list) or not options:
        raise spot.error(f"choice = {options!r} needs at least one option; write choice = [1, 2], say")
    parsed = [_parse_option(item, spot.inside(f"choice.{index}")) for index, item in enumerate(options)]
    return choice_of(parsed, spot)


def choice_of(options: list[Option], spot: Spot) -> Choice:
    """Return the choice among options, whose labels must differ."""
    seen: set[Scalar] = set()
    shown: set[str] = set()
    for option in options:
        # In Python True == 1 == 1.0, and in the names of holes "1" looks like 1.
        if option.label in seen or str(option.label) in shown:
            raise spot.error(f"two options are {option.label!r}; remove one, or give tables different labels")
        seen.add(option.label)
        shown.add(str(option.label))
    return Choice(tuple(options))


def _parse_option(item: object, spot: Spot) -> Option:
    if isinstance(item, Mapping):
        content = {key: value for key, value in item.items() if key != "label"}
        return Option(parse_label(item.get("label", item.get("kind")), spot), parse_node(content, spot))
    node = parse_node(item, spot)
    if not isinstance(node, Value):
        raise spot.error("a list can't be an option; choose between lists of stages with [joint]")
    return Option(node.value, node)


def parse_label(label: object, spot: Spot) -> str:
    """Read what a table is called as an option."""
    if not isinstance(label, str):
        raise spot.error('an option that is a table needs a name and has no kind; add label = "…"')
    if not label or "[" in label or "]" in label:
        raise spot.error(f"the label {label!r} is empty or has brackets; give it letters")
    return label


def _parse_same_as(path: object, spot: Spot) -> SameAs:
    if not isinstance(path, str) or not all(path.split(".")):
        raise spot.error(f'same_as = {path!r} is no dotted path; write one, such as "generator.width"')
    steps = tuple(path.split("."))
    if steps[0] == SHARED and len(steps) != 2:
        raise spot.error(f'same_as = {path!r}: a shared value is copied whole; write "shared.NAME"')
    return SameAs(steps)
