"""A sampler of the user's own: asked, and its proposals checked before a trial begins with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from nas_gan.errors import InputError, one_line
from nas_gan.search.plugins import load_class
from nas_gan.search.samplers.interface import Sampler
from nas_gan.search.samplers.local.domain import Domain, Draft
from nas_gan.search.samplers.observation import Observation
from nas_gan.space import Space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Image


@final
class BadProposal(InputError):  # noqa: N818 - it is a finding, of a trial that is rejected
    """What a sampler proposes isn't a point of the space."""


@final
class OwnSampler:
    """Asks a class of the user's, `module:Class`, for points."""

    def __init__(self, where: str, space: Space, image: Image, seed: int) -> None:
        """Raise InputError if there is no such sampler, or it can't be made."""
        kind = load_class(where, Sampler, "sampler")  # type: ignore[type-abstract]
        try:
            self._sampler = kind(space, image, seed)
        except Exception as error:
            raise InputError(
                f"{where}: can't be made as {kind.__name__}(space, image, seed): {one_line(error)}",
                setting="sampler",
            ) from error
        self._where = where
        self._space = space
        self._image = image

    def propose(self, history: Sequence[Observation], fixed: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return the values of all holes of the next point; `fixed` ones stay. Raises BadProposal."""
        try:
            values = self._sampler.propose(history)
        except Exception as error:
            raise BadProposal(f"{self._where} can't propose: {one_line(error)}") from error
        if not isinstance(values, Mapping):
            raise BadProposal(f"{self._where} proposed {values!r}; return the value of each hole by its name")

        def answer(hole: str, domain: Domain) -> Scalar:
            if hole in fixed and domain.has(fixed[hole]):
                return fixed[hole]
            if hole not in values:
                raise BadProposal(f"{self._where} proposed no {hole}; return a value of it, or use complete")
            if not _has(domain, values[hole]):
                raise BadProposal(
                    f"{self._where} proposed {hole} {values[hole]!r}, which isn't one of its values"
                )
            return values[hole]

        draft = Draft(answer)
        self._space.fill(draft, self._image)
        return draft.values


def _has(domain: Domain, value: object) -> bool:
    return isinstance(value, str | int | float | bool) and domain.has(value)
