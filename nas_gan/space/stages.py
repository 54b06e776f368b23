"""What depends on the number of stages, which the image's resolution gives.

- `stages` written as a table is a template: every stage gets it, with holes of its own.
- In a stage, `mirror` in a `same_as` stands for the stage of the same resolution in the other network:
  `generator.stages.mirror.depth` in the discriminator's last stage is the depth of the generator's first.
- A range is cut where it would leave the network: `stage` of a hidden concat ends at the last stage, and
  `skip` at one more than the stages before. So one space serves all resolutions.
"""

from __future__ import annotations

from nas_gan.space.nodes import Array, IntRange, Node, Path, SameAs, Table, Value, rebuilt

NETWORKS = ("generator", "discriminator")
STAGES, MIRROR = "stages", "mirror"


def with_stages(root: Table, count: int) -> Table:
    """The tree for networks of `count` stages."""
    items = {
        key: _with_network_staged(node, count) if key in NETWORKS else node
        for key, node in root.items.items()
    }
    return Table({key: _with_stage_index_cut(node, count) for key, node in items.items()})


def _with_network_staged(network: Node, count: int) -> Node:
    if not isinstance(network, Table):
        return rebuilt(network, lambda option: _with_network_staged(option, count))
    if STAGES not in network.items:
        return network
    return Table({**network.items, STAGES: _staged(network.items[STAGES], count)})


def _staged(stages: Node, count: int) -> Node:
    if isinstance(stages, Table):
        stages = Array((stages,) * count)
    if isinstance(stages, Array):
        return Array(tuple(_at_stage(stage, index, count) for index, stage in enumerate(stages.items)))
    return rebuilt(stages, lambda option: _staged(option, count))


def _at_stage(node: Node, index: int, count: int) -> Node:
    """A node of stage `index`, with mirrors found and skips cut."""
    if isinstance(node, SameAs):
        return SameAs(_mirrored(node.path, count - 1 - index))
    if isinstance(node, Table) and isinstance(skip := node.items.get("skip"), IntRange):
        node = Table({**node.items, "skip": skip.cut(index + 1)})
    return rebuilt(node, lambda inner: _at_stage(inner, index, count))


def _mirrored(path: Path, opposite: int) -> Path:
    return tuple(str(opposite) if step == MIRROR else step for step in path)


def _with_stage_index_cut(node: Node, count: int) -> Node:
    if isinstance(node, Table) and node.items.get("kind") == Value("hidden_concat"):
        stage = node.items.get("stage")
        if isinstance(stage, IntRange):
            return Table({**node.items, "stage": stage.cut(count - 1)})
    return rebuilt(node, lambda inner: _with_stage_index_cut(inner, count))
