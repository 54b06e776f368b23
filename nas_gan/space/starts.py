"""Starts: architectures that a space's file names, for a search to try before anything else.

    starts = ["baselines/residual", "my_gan.toml"]

Each is a bundled architecture, or a file beside the space's. It is fitted to the images that the space is used
for: what it leaves out of [image] is the data's, its networks get the stages that the resolution needs, and without
labels they aren't conditioned. Then it is located in the space, which may have no such point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from nas_gan.errors import InputError
from nas_gan.space.bind import bind
from nas_gan.space.fill import Filler
from nas_gan.space.locate import NotAPoint, Point
from nas_gan.space.nodes import Node, Table, has_hole
from nas_gan.space.parse_file import Parsed, parse_space
from nas_gan.space.spot import Spot
from nas_gan.space.stages import NETWORKS
from nas_gan.space.suggest import FixedSuggest
from nas_gan.spec import Architecture, Image


@final
@dataclass(frozen=True)
class Start:
    """A start for one image: its point, or the reason why it has none."""

    name: str
    point: Point | None
    reason: str = ""


@final
@dataclass(frozen=True)
class GivenStart:
    """A start as it was read, for any image."""

    name: str
    file: str
    content: Parsed

    @staticmethod
    def from_tree(name: str, tree: dict[str, Any], file: str) -> GivenStart:
        """Read a start's tables; raises InputError for what is wrong whatever the image is, and for holes."""
        content = parse_space(tree, file)
        if has_hole(content.root) or content.joints or content.starts:
            raise Spot(file).error(
                "has holes or starts of its own, and is named as a start; name an architecture"
            )
        return GivenStart(name, file, content)

    def fit(self, image: Image) -> Architecture:
        """Return the architecture for these images; raises InputError if it can't be for them."""
        content = self.content if image.classes >= 2 else _without_conditioning(self.content)
        tree = bind(content, image, self.file).tree({})
        return Architecture.from_tree(Filler(tree, FixedSuggest({})).fill(), self.file)


def locate_starts(
    given: Sequence[GivenStart], image: Image, locate: Callable[[Architecture], Point | NotAPoint]
) -> tuple[Start, ...]:
    """Return the points of starts, in their order; of starts with the same point the first has it."""
    starts: list[Start] = []
    for one in given:
        start = _locate(one, image, locate)
        same = [other.name for other in starts if start.point is not None and other.point == start.point]
        starts.append(Start(one.name, None, f"the same as {same[0]} for these images") if same else start)
    return tuple(starts)


def _locate(given: GivenStart, image: Image, locate: Callable[[Architecture], Point | NotAPoint]) -> Start:
    try:
        found = locate(given.fit(image))
    except InputError as error:
        return Start(given.name, None, str(error))
    return Start(given.name, None, str(found)) if isinstance(found, NotAPoint) else Start(given.name, found)


def _without_conditioning(content: Parsed) -> Parsed:
    def change(key: str, node: Node) -> Node:
        if key not in NETWORKS or not isinstance(node, Table):
            return node
        return Table({name: inner for name, inner in node.items.items() if name != "conditioning"})

    return replace(content, root=Table({key: change(key, node) for key, node in content.root.items.items()}))
