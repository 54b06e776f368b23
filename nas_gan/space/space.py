"""What a search space is, and the one kind that is read from a file."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

from nas_gan.space.bind import Bound, bind
from nas_gan.space.count import count_points
from nas_gan.space.fill import Filler, take_joints
from nas_gan.space.holes import HoleSummary, summarise_holes
from nas_gan.space.locate import NotAPoint, Point, locate
from nas_gan.space.nodes import FloatRange
from nas_gan.space.parse_file import Parsed, parse_space
from nas_gan.space.starts import GivenStart, Start, locate_starts
from nas_gan.space.suggest import Suggest
from nas_gan.space.survey import survey
from nas_gan.spec import Architecture, Image


@final
@dataclass(frozen=True)
class SpaceSize:
    """How many points a space has; not `exact` where it has continuous holes, each counted as one value."""

    count: int
    exact: bool


@dataclass(frozen=True)
class Space(ABC):
    """An architecture with holes. `fingerprint` is equal for equal content, whatever the name."""

    name: str
    fingerprint: str

    @abstractmethod
    def check(self, image: Image) -> None:
        """Raise InputError unless every point of the space is a valid architecture for these images."""

    @abstractmethod
    def fill(self, suggest: Suggest, image: Image) -> Architecture:
        """Return the architecture at the point that `suggest` gives; equal values give equal architectures."""

    @abstractmethod
    def locate(self, architecture: Architecture) -> Point | NotAPoint:
        """Return the point that fills to this architecture, any one where several do; or why none does.

        Raises InputError if the space can't be used for the architecture's images, or can't be asked.
        """

    def starts(self, image: Image) -> tuple[Start, ...]:
        """Return the architectures to try first, each with its point or the reason why it has none; none by default."""
        return ()

    @abstractmethod
    def holes(self, image: Image) -> tuple[HoleSummary, ...]:
        """Return the holes in the order of the file; checks the space as `check` does."""

    @abstractmethod
    def size(self, image: Image) -> SpaceSize | None:
        """Return the number of points; None where it can't be known. Checks the space as `check` does."""


@final
@dataclass(frozen=True)
class FileSpace(Space):
    """A space that was read from a file. `file` names it in errors; `tree` is what the file held then.

    `given_starts`: what the file's `starts` name, once it has been read (`load_space` does so).
    """

    file: str
    content: Parsed
    tree: Mapping[str, Any] = field(repr=False)
    given_starts: tuple[GivenStart, ...] = ()
    _bound: dict[Image, Bound] = field(default_factory=dict, compare=False, repr=False)

    @staticmethod
    def from_tree(name: str, tree: Mapping[str, Any], file: str) -> FileSpace:
        """Read a file's tables; raises InputError for what is wrong whatever the image is."""
        content = parse_space(tree, file)
        text = json.dumps(tree, sort_keys=True, separators=(",", ":"))
        return FileSpace(name, hashlib.sha256(text.encode()).hexdigest(), file, content, tree)

    def with_starts(self, given: Sequence[GivenStart]) -> FileSpace:
        """Return the same space with what its starts name."""
        return replace(self, given_starts=tuple(given))

    def check(self, image: Image) -> None:
        survey(self._bind(image))

    def fill(self, suggest: Suggest, image: Image) -> Architecture:
        bound = self._bind(image)
        tree = bound.tree(take_joints(bound, suggest))
        return Architecture.from_tree(Filler(tree, suggest).fill(), self.file)

    def locate(self, architecture: Architecture) -> Point | NotAPoint:
        return locate(self._bind(architecture.image), architecture)

    def starts(self, image: Image) -> tuple[Start, ...]:
        return locate_starts(self.given_starts, image, self.locate)

    def holes(self, image: Image) -> tuple[HoleSummary, ...]:
        bound = self._bind(image)
        return summarise_holes(bound, survey(bound))

    def size(self, image: Image) -> SpaceSize:
        bound = self._bind(image)
        holes = [meeting.hole for meeting in survey(bound)]
        continuous = any(isinstance(hole, FloatRange) and hole.step is None for hole in holes)
        return SpaceSize(count_points(bound), exact=not continuous)

    def _bind(self, image: Image) -> Bound:
        if image not in self._bound:
            self._bound[image] = bind(self.content, image, self.file)
        return self._bound[image]
