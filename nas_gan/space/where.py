"""Where in an architecture a node stands: what a value means depends on its place, not on how it is spelled."""

from __future__ import annotations

from nas_gan.space.nodes import SHARED, Node, Path, SameAs, Table, children

Copy = tuple[str, Path | None]
"""A shared node's name, and a place where it is copied."""

DEEPEST = 3  # steps of a place that anybody asks for: `generator.conditioning.kind`


def inside(place: Path | None, step: str) -> Path | None:
    """Return the place one step further in; None once that is deeper than anybody asks for.

    A choice's options, whose step is "", stand where the choice does.
    """
    if place is None or not step:
        return place
    return (*place, step) if len(place) < DEEPEST else None


def copies_of_shared(root: Table) -> list[Copy]:
    """Return each shared node with each place where it is copied, also by way of another, as they are met.

    None stands for any place that is deeper than anybody asks for.
    """
    shared = dict(children(root.items[SHARED])) if SHARED in root.items else {}
    found: dict[Copy, None] = {}
    waiting: list[tuple[Node, Path | None]] = [
        (node, (key,)) for key, node in root.items.items() if key != SHARED
    ]
    while waiting:
        node, place = waiting.pop()
        if isinstance(node, SameAs) and node.path[0] == SHARED and node.path[1] in shared:
            name, *rest = node.path[1:]
            # Of what is copied only in part, no place is that of the whole.
            copy = (name, None if rest else place)
            if copy not in found:
                found[copy] = None
                waiting.append((shared[name], copy[1]))
        waiting += [(inner, inside(place, step)) for step, inner in children(node)]
    return list(found)
