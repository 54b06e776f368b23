"""What is left of a space for images without labels.

Options that use labels whatever else is chosen are dropped, and the others stay as they are: one space
serves labelled and unlabelled images. Labels are used by what stands as a network's conditioning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, get_args

from nas_gan.space.nodes import SHARED, Choice, Node, Path, SameAs, Table, Value, children, rebuilt
from nas_gan.space.where import Copy, copies_of_shared, inside
from nas_gan.spec.parts import DiscriminatorConditioning, GeneratorConditioning


def _kinds_with_labels() -> frozenset[str]:
    fields: list[Any] = [GeneratorConditioning, DiscriminatorConditioning]
    models = [model for field in fields for model in get_args(get_args(field)[0])]
    return frozenset(model.model_fields["kind"].default for model in models) - {"none"}


WITH_LABELS = _kinds_with_labels()
CONDITIONING = (("conditioning",), ("conditioning", "kind"))
"""Within a network, where a kind of conditioning is named."""


def without_labels(root: Table) -> Table | None:
    """Return the tree without options that need labels; None if nothing is left."""
    shared = dict(children(root.items[SHARED]))
    used = {key: node for key, node in root.items.items() if key != SHARED}
    copies = copies_of_shared(root)
    gone: set[Copy] = set()
    # A shared value may copy another that needs labels, so look again until no more are found.
    while found := _gone(copies, shared, gone) - gone:
        gone |= found
    if any(needs_labels(node, (key,), gone) for key, node in used.items()):
        return None
    for name, place in copies:
        if (name, place) not in gone:
            shared[name] = _pruned(shared[name], place, gone)
    left = {key: _pruned(node, (key,), gone) for key, node in used.items()}
    return Table({**left, SHARED: Table(shared)})


def needs_labels(node: Node, place: Path | None, gone: Collection[Copy]) -> bool:
    """Say whether a node that stands at a place uses labels whatever is chosen inside it; `gone`: copies that do."""
    if place is None:
        return False
    match node:
        case Value(value=value):
            return place[1:] in CONDITIONING and value in WITH_LABELS
        case SameAs(path=path):
            return path[0] == SHARED and len(path) == 2 and (path[1], place) in gone
        case Choice():
            return all(needs_labels(option, place, gone) for _, option in children(node))
        case _:
            return any(needs_labels(inner, inside(place, step), gone) for step, inner in children(node))


def _gone(copies: Sequence[Copy], shared: Mapping[str, Node], known: Collection[Copy]) -> set[Copy]:
    """Return the copies that need labels, as far as `known` ones tell; of a chain, the last link is looked at first."""
    found = set(known)
    for name, place in reversed(copies):
        if needs_labels(shared[name], place, found):
            found.add((name, place))
    return found


def _pruned(node: Node, place: Path | None, gone: Collection[Copy]) -> Node:
    if place is None:
        return node
    if isinstance(node, Table):
        items = {key: _pruned(inner, inside(place, key), gone) for key, inner in node.items.items()}
        return Table(items)
    if isinstance(node, Choice):
        node = Choice(tuple(option for option in node.options if not needs_labels(option.node, place, gone)))
    return rebuilt(node, lambda inner: _pruned(inner, place, gone))
