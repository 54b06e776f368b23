"""What depends on the number of stages, which the image's resolution gives.

- `stages` written as a table is a template: every stage gets it, with holes of its own.
- In a stage, `mirror` in a `same_as` stands for the stage of the same resolution in the other network:
  `generator.stages.mirror.depth` in the discriminator's last stage is the depth of the generator's first.
- A network whose head or stem changes the resolution (`head_upsample`, `stem_downsample`) has one stage less.
- A range is cut where it would leave the network: `stage` of a hidden concat or of attention ends at the last
  stage, and `skip` at one more than the stages before. So one space serves all resolutions.
"""

from __future__ import annotations

from nas_gan.space.nodes import SHARED, Array, IntRange, Node, Path, SameAs, Table, Value, children, rebuilt
from nas_gan.space.where import copies_of_shared, inside

NETWORKS = ("generator", "discriminator")
STAGES, MIRROR = "stages", "mirror"
CUT_PLACES = (("conditioning",), ("attention",))
"""Within a network, the tables whose `stage` is cut."""


def with_stages(root: Table, doublings: int) -> Table:
    """Return the tree for networks of an image that takes so many doublings."""
    counts = {name: doublings - _changes_elsewhere(root.items.get(name)) for name in NETWORKS}
    # A discriminator's stage j mirrors the generator's stage that makes the resolution j ends with.
    opposite = counts["discriminator"]
    items = {
        key: _with_network_staged(node, counts[key], opposite) if key in NETWORKS else node
        for key, node in root.items.items()
    }
    cut = {
        key: _with_stage_index_cut(node, (key,), counts[key]) if key in NETWORKS else node
        for key, node in items.items()
    }
    if SHARED in root.items:
        cut[SHARED] = _with_shared_cut(root, min(counts.values()))
    return Table(cut)


def uses_stages(node: Node) -> bool:
    """Say whether any network of a tree has stages."""
    return any(step == STAGES or uses_stages(inner) for step, inner in children(node))


def _changes_elsewhere(network: Node | None) -> bool:
    """Say whether head or stem changes the resolution in a stage's stead."""
    if not isinstance(network, Table):
        return False
    return any(network.items.get(key) == Value(True) for key in ("head_upsample", "stem_downsample"))


def _with_network_staged(network: Node, count: int, opposite: int) -> Node:
    if not isinstance(network, Table):
        return rebuilt(network, lambda option: _with_network_staged(option, count, opposite))
    if STAGES not in network.items:
        return network
    return Table({**network.items, STAGES: _staged(network.items[STAGES], count, opposite)})


def _staged(stages: Node, count: int, opposite: int) -> Node:
    if isinstance(stages, Table):
        stages = Array((stages,) * count)
    if isinstance(stages, Array):
        return Array(
            tuple(_at_stage(stage, index, opposite - 1 - index) for index, stage in enumerate(stages.items))
        )
    return rebuilt(stages, lambda option: _staged(option, count, opposite))


def _at_stage(node: Node, index: int, opposite: int) -> Node:
    """Return a node of stage `index`, with mirrors found and skips cut."""
    if isinstance(node, SameAs):
        return SameAs(_mirrored(node.path, opposite))
    if isinstance(node, Table) and isinstance(skip := node.items.get("skip"), IntRange):
        node = Table({**node.items, "skip": skip.cut(index + 1)})
    return rebuilt(node, lambda inner: _at_stage(inner, index, opposite))


def _mirrored(path: Path, opposite: int) -> Path:
    return tuple(str(opposite) if step == MIRROR else step for step in path)


def _with_stage_index_cut(node: Node, place: Path | None, count: int) -> Node:
    if place is None or place[1:2] == (STAGES,):
        return node
    if not isinstance(node, Table):
        return rebuilt(node, lambda inner: _with_stage_index_cut(inner, place, count))
    items = {
        key: _with_stage_index_cut(inner, inside(place, key), count) for key, inner in node.items.items()
    }
    stage = items.get("stage")
    if place[1:] in CUT_PLACES and isinstance(stage, IntRange):
        items["stage"] = stage.cut(count - 1)
    return Table(items)


def _with_shared_cut(root: Table, count: int) -> Table:
    """Return what is shared, cut where any network copies it."""
    shared = dict(children(root.items[SHARED]))
    for name, place in copies_of_shared(root):
        shared[name] = _with_stage_index_cut(shared[name], place, count)
    return Table(shared)
