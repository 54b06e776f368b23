"""Points of a space with what is known of them before any training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from nas_gan.search.samplers.local.domain import Domain, Draft
from nas_gan.space import Space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Architecture, Image, compute_cost, recipe_hash

Answer = Callable[[str, Domain], Scalar]


@final
@dataclass(frozen=True, eq=False)
class Point:
    """A point of a space: the holes that were met, in order, and the architecture that they make."""

    values: Mapping[str, Scalar]
    domains: Mapping[str, Domain]
    architecture: Architecture
    recipe: str
    macs: int


class _NoValueError(Exception):
    """A hole has no value, or one that it can't have."""


@final
class Points:
    """Makes points of one space for one image."""

    def __init__(self, space: Space, image: Image) -> None:
        self._space = space
        self._image = image
        self._known: dict[frozenset[tuple[str, Scalar]], Point | None] = {}

    def make(self, answer: Answer) -> Point:
        """Return the point whose holes are answered like this."""
        draft = Draft(answer)
        architecture = self._space.fill(draft, self._image)
        macs = compute_cost(architecture).macs
        return Point(draft.values, draft.domains, architecture, recipe_hash(architecture), macs)

    def find(self, values: Mapping[str, Scalar]) -> Point | None:
        """Return the point with these values; None if some are missing or aren't the space's."""
        key = frozenset(values.items())
        if key not in self._known:
            self._known[key] = self._find(values)
        return self._known[key]

    def _find(self, values: Mapping[str, Scalar]) -> Point | None:
        def answer(hole: str, domain: Domain) -> Scalar:
            if hole not in values or not domain.has(values[hole]):
                raise _NoValueError
            return values[hole]

        try:
            return self.make(answer)
        except _NoValueError:
            return None
