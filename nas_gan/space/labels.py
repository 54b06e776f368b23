"""What is left of a space for images without labels.

Options that use labels whatever else is chosen are dropped, and the others stay as they are: one space
serves labelled and unlabelled images.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

from nas_gan.space.nodes import SHARED, Choice, Node, SameAs, Table, Value, children, rebuilt
from nas_gan.spec.parts import DiscriminatorConditioning, GeneratorConditioning


def _kinds_with_labels() -> frozenset[str]:
    fields: list[Any] = [GeneratorConditioning, DiscriminatorConditioning]
    models = [model for field in fields for model in get_args(get_args(field)[0])]
    return frozenset(model.model_fields["kind"].default for model in models) - {"none"}


WITH_LABELS = _kinds_with_labels()


def needs_labels(node: Node, gone: Collection[str] = ()) -> bool:
    """Whether a node uses labels whatever is chosen inside it; `gone` names shared values that do."""
    match node:
        case Value(value=value):
            return value in WITH_LABELS
        case SameAs(path=path):
            return path[0] == SHARED and path[1] in gone
        case Choice():
            return all(needs_labels(option, gone) for _, option in children(node))
        case _:
            return any(needs_labels(inner, gone) for _, inner in children(node))


def without_labels(root: Table) -> Table | None:
    """The tree without options that need labels; None if nothing is left."""
    shared = dict(children(root.items[SHARED]))
    gone: set[str] = set()
    # A shared value may copy another that needs labels, so look again until no more are found.
    while found := {name for name, node in shared.items() if needs_labels(node, gone)} - gone:
        gone |= found
    used = {key: node for key, node in root.items.items() if key != SHARED}
    if needs_labels(Table(used), gone):
        return None
    left = Table({name: node for name, node in shared.items() if name not in gone})
    return Table({key: _pruned(node, gone) for key, node in {**used, SHARED: left}.items()})


def _pruned(node: Node, gone: Collection[str]) -> Node:
    if isinstance(node, Choice):
        node = Choice(tuple(option for option in node.options if not needs_labels(option.node, gone)))
    return rebuilt(node, lambda inner: _pruned(inner, gone))
