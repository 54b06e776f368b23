"""Reads a whole file; everything that is wrong whatever the image is found here or below.

Beside an architecture's own tables a file may hold `[shared]`, values and holes with free names that are
only there to be copied, and `[joint]`, choices whose options set several places at once. `[image]` may be
left out, and is then the data's. `starts` names architectures; see `nas_gan.space.starts`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, final

from nas_gan.space.nodes import IMAGE, JOINT, SHARED, STARTS, Choice, Node, Option, Table, children, copies_in
from nas_gan.space.parse_node import choice_of, parse_label, parse_node, parse_table
from nas_gan.space.spot import Spot, did_you_mean
from nas_gan.spec import Architecture, Image

FREE_NAME = re.compile(r"[A-Za-z0-9_-]+")


@final
@dataclass(frozen=True)
class Parsed:
    """A file's content. `root` holds the architecture's tables and `shared`; a joint's options are tables."""

    root: Table
    joints: Mapping[str, Choice]
    image: Mapping[str, int]
    starts: tuple[str, ...]


def parse_space(tree: Mapping[str, Any], file: str) -> Parsed:
    """Read a whole file; raises InputError with the place, the value and the remedy."""
    spot = Spot(file)
    own = [name for name in Architecture.model_fields if name != IMAGE]
    image = _parse_image(tree.get(IMAGE, {}), spot.inside(IMAGE))
    joints = _parse_joints(tree.get(JOINT, {}), own, spot.inside(JOINT))
    rest = {key: value for key, value in tree.items() if key not in (SHARED, JOINT, IMAGE, STARTS)}
    root = parse_table(rest, [*own, IMAGE, SHARED, JOINT, STARTS], spot)
    shared = _parse_shared(tree.get(SHARED, {}), spot.inside(SHARED))
    starts = _parse_starts(tree.get(STARTS, []), spot.inside(STARTS))
    parsed = Parsed(Table({**root.items, SHARED: shared}), joints, image, starts)
    _check_shared_is_used(parsed, spot.inside(SHARED))
    return parsed


def _parse_image(table: object, spot: Spot) -> Mapping[str, int]:
    known = list(Image.model_fields)
    if not isinstance(table, Mapping):
        raise spot.error(f"{table!r} is not a table; write [image]")
    for key, value in table.items():
        if key not in known:
            remedy = did_you_mean(key, known, "remove it")
            raise spot.inside(key).error(f"{key!r} is not a known field; {remedy}")
        if isinstance(value, bool) or not isinstance(value, int):
            raise spot.inside(key).error(f"{value!r} must be a whole number; no hole can stand here")
    return dict(table)


def _parse_starts(names: object, spot: Spot) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise spot.error(f'{names!r} is not a list of names; write starts = ["baselines/…", "my_gan.toml"]')
    for name in names:
        if names.count(name) > 1:
            raise spot.error(f"{name!r} stands there twice; remove one")
    return tuple(names)


def _parse_shared(table: object, spot: Spot) -> Table:
    items = _free_names(table, spot)
    return Table({name: parse_node(value, spot.inside(name)) for name, value in items.items()})


def _parse_joints(table: object, own: Collection[str], spot: Spot) -> Mapping[str, Choice]:
    items = _free_names(table, spot)
    return {name: _parse_joint(value, own, spot.inside(name)) for name, value in items.items()}


def _parse_joint(joint: object, own: Collection[str], spot: Spot) -> Choice:
    options = joint.get("choice") if isinstance(joint, Mapping) and len(joint) == 1 else None
    if not isinstance(options, list) or not options:
        raise spot.error('needs options that set places: choice = [{ label = "…", loss = "hinge" }, …]')
    parsed = []
    for index, option in enumerate(options):
        inside = spot.inside(f"choice.{index}")
        if not isinstance(option, Mapping) or "label" not in option:
            raise inside.error('an option of a joint choice is a table with a label; add label = "…"')
        content = {key: value for key, value in option.items() if key != "label"}
        parsed.append(Option(parse_label(option["label"], inside), parse_table(content, own, inside)))
    return choice_of(parsed, spot)


def _free_names(table: object, spot: Spot) -> Mapping[str, Any]:
    if not isinstance(table, Mapping):
        raise spot.error(f"{table!r} is not a table; write [{spot.path}] and names below it")
    for name in table:
        if not FREE_NAME.fullmatch(name):
            raise spot.error(f"{name!r} can't be a name; use letters, digits, - and _")
    return table


def _check_shared_is_used(parsed: Parsed, spot: Spot) -> None:
    roots: list[Node] = [parsed.root, *parsed.joints.values()]
    used = {same_as.path for root in roots for same_as in copies_in(root)}
    shared = parsed.root.items[SHARED]
    for name, _ in children(shared):
        if (SHARED, name) not in used:
            remedy = f'write {{ same_as = "shared.{name}" }} somewhere, or remove it'
            raise spot.inside(name).error(f"nothing copies it; {remedy}")
