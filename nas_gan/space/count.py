"""How many points a space has.

Tables multiply, choices add. A shared hole counts once however often it is copied, and only with the options
that copy it; so a node's points are counted apart for each set of shared values that it uses, and the
shared values' own points come in at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from graphlib import TopologicalSorter

from nas_gan.space.bind import Bound
from nas_gan.space.nodes import (
    SHARED,
    Array,
    Choice,
    FloatRange,
    IntRange,
    Labelled,
    Node,
    SameAs,
    Table,
    children,
)

Ways = Mapping[frozenset[str], int]
NOTHING_SHARED: frozenset[str] = frozenset()


def count_points(bound: Bound) -> int:
    """Return the number of points, where a continuous hole counts as one value."""
    return sum(_count_tree(bound.tree(taken)) for taken in bound.combinations())


def _count_tree(tree: Table) -> int:
    shared = {name: _ways(node) for name, node in children(tree.items[SHARED])}
    total = _ways(Table({key: node for key, node in tree.items.items() if key != SHARED}))
    uses = {name: set().union(*ways) for name, ways in shared.items()}
    for name in reversed([*TopologicalSorter(uses).static_order()]):  # those that copy before the copied
        total = _with_shared(total, name, shared[name])
    return sum(total.values())


def _ways(node: Node) -> Ways:
    """Return the number of points of a node for each set of shared values used."""
    match node:
        case Table() | Array():
            total: Ways = {NOTHING_SHARED: 1}
            for _, inner in children(node):
                total = _product(total, _ways(inner))
            return total
        case Choice() | Labelled():
            added: Counter[frozenset[str]] = Counter()
            for _, inner in children(node):
                added.update(_ways(inner))
            return added
        case IntRange() | FloatRange():
            return {NOTHING_SHARED: node.count or 1}
        case SameAs(path=(first, name)) if first == SHARED:
            return {frozenset({name}): 1}
        case _:
            return {NOTHING_SHARED: 1}


def _product(left: Ways, right: Ways) -> Ways:
    total: Counter[frozenset[str]] = Counter()
    for used_left, count_left in left.items():
        for used_right, count_right in right.items():
            total[used_left | used_right] += count_left * count_right
    return total


def _with_shared(total: Ways, name: str, shared: Ways) -> Ways:
    """Return the same points with one shared value's own points multiplied in."""
    with_it = {used - {name}: count for used, count in total.items() if name in used}
    rest = Counter({used: count for used, count in total.items() if name not in used})
    rest.update(_product(with_it, shared))
    return rest
