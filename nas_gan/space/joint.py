"""Joint choices: one sampled option that sets several places at once.

The chosen option's tables are merged into the file's own, key by key. Holes, values, lists and tables with
a `kind` replace what stood there. A hole that comes from an option is named by its place, as any other; where
the options or the file put different holes in one place, the option's label follows the place in
brackets: `generator.conditioning[conditional]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import final

from nas_gan.space.nodes import Choice, Labelled, Node, Option, Path, Scalar, Table, children, has_hole

Taken = Mapping[str, Option]
Items = Mapping[str, Node]


@final
@dataclass(frozen=True)
class Joints:
    """A file's tree and its joint choices."""

    root: Table
    choices: Mapping[str, Choice]

    def combinations(self) -> Iterator[Taken]:
        """Return every way to take one option of each joint choice."""
        for options in product(*(choice.options for choice in self.choices.values())):
            yield dict(zip(self.choices, options, strict=True))

    def merged(self, taken: Taken) -> Table:
        """Return the tree with what each taken option sets; of two joints that set one place, the later wins."""
        root = self.root
        for option in taken.values():
            root = Table(self._with_items(root.items, dict(children(option.node)), option.label, ()))
        return root

    def _with_items(self, old: Items, new: Items, label: Scalar, path: Path) -> Items:
        merged = {key: self._with(old.get(key), node, label, (*path, key)) for key, node in new.items()}
        return {**old, **merged}

    def _with(self, old: Node | None, new: Node, label: Scalar, path: Path) -> Node:
        if isinstance(new, Table) and "kind" not in new.items:
            items = old.items if isinstance(old, Table) else {}
            return Table(self._with_items(items, new.items, label, path))
        return Labelled(label, new) if self._different_holes(path) > 1 else new

    def _different_holes(self, path: Path) -> int:
        """Say how many different nodes with holes the file and all options put in a place."""
        options = [option.node for choice in self.choices.values() for option in choice.options]
        found: list[Node] = []
        for node in (_at(tree, path) for tree in [self.root, *options]):
            if node is not None and has_hole(node) and node not in found:
                found.append(node)
        return len(found)


def _at(node: Node | None, path: Path) -> Node | None:
    for key in path:
        node = node.items.get(key) if isinstance(node, Table) else None
    return node
