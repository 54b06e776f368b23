"""A search space for whoever has no image at hand: sampled, counted and asked for architectures."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

from nas_gan.api.data import GivenData, load_dataset
from nas_gan.api.folders import DEFAULT_STORAGE
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.space import HoleSummary, NotAPoint, Point
    from nas_gan.space import Space as AnySpace
    from nas_gan.spec import Architecture, Image

DIGITS: Mapping[str, int] = MappingProxyType({"channels": 1, "resolution": 28, "classes": 10})


def load_space(where: str | os.PathLike[str]) -> Space:
    """Load a bundled space by name, a `.toml` or `.json` file by path, or a function as `module:function`.

    The file of an architecture is a space without holes. Raises InputError if there is no such space, or it can't be
    used for any image.
    """
    from nas_gan.space import load_space as load

    return Space(load(os.fspath(where)))


def image_for(*spaces: AnySpace, given: Mapping[str, int | None] = MappingProxyType({})) -> Image:
    """Return the image that spaces are for: what is given, what the last of them says, and what the digits are.

    Raises InputError for a value that no image has.
    """
    from pydantic import ValidationError

    from nas_gan.space import FileSpace
    from nas_gan.spec import Image

    fields: dict[str, Any] = dict(DIGITS)
    for space in spaces:
        fields |= space.content.image if isinstance(space, FileSpace) else {}
    fields |= {name: value for name, value in given.items() if value is not None}
    if fields["resolution"] == 1 and given.get("classes") is None:
        fields["classes"] = 0  # the planes that come along have no labels
    try:
        return Image(**fields)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        raise InputError(f"{problem['input']}: {problem['msg']}", setting=name) from None


@final
@dataclass(frozen=True)
class Space:
    """An architecture with holes, for images of any kind.

    Every method takes the kind of images, as `image` or as the `data` that has them; without either they are what the
    space's file says, and otherwise as the embedded digits are. `inner` is the space without such defaults.
    """

    inner: AnySpace

    @property
    def name(self) -> str:
        """The bundled name, the file's stem, or the function's."""
        return self.inner.name

    def sample(
        self, seed: int = 0, *, image: Image | None = None, data: GivenData | None = None
    ) -> Architecture:
        """Return a random architecture of the space; equal seeds give equal ones."""
        from nas_gan.space import sample

        return sample(self.inner, self.image(image, data), random.Random(seed))

    def count(self, *, image: Image | None = None, data: GivenData | None = None) -> int | None:
        """Count the architectures, with each continuous hole as one value; None for a function's, as it isn't known."""
        size = self.inner.size(self.image(image, data))
        return None if size is None else size.count

    def holes(self, *, image: Image | None = None, data: GivenData | None = None) -> tuple[HoleSummary, ...]:
        """Return the holes in the order of the file: their names, values, and when they are there."""
        return self.inner.holes(self.image(image, data))

    def locate(
        self, architecture: Architecture | str | os.PathLike[str], *, storage: str = DEFAULT_STORAGE
    ) -> Point | NotAPoint:
        """Return the value of each hole that makes an architecture, by name; or, as `NotAPoint`, why none does.

        The architecture may also be a bundled one's name, a file, a folder of a run or a bundle, or `STUDY:TRIAL`.
        Raises InputError if the space can't be used for its images, or is a function, which can't be asked.
        """
        from nas_gan.search.given import find_architecture
        from nas_gan.space import load_space as load

        found = find_architecture(architecture, storage)
        trained = found.built or (found.record and found.record.architecture)
        if trained:
            return self.inner.locate(trained)
        return self.inner.locate(found.resolve(image_for(self.inner, load(str(found.space)))))

    def image(self, image: Image | None = None, data: GivenData | None = None) -> Image:
        """Return the kind of images that the other methods take. Raises InputError if both are given."""
        if image is not None and data is not None:
            raise InputError("both image and data are given; give one of the two")
        if data is not None:
            from nas_gan.runs.resources import image_of

            return image_of(load_dataset(data))
        return image if image is not None else image_for(self.inner)

    def _repr_html_(self) -> str:
        from nas_gan.api.html import facts_html, table_html
        from nas_gan.report.holes import HOLE_HEADINGS, hole_rows

        count = self.count()
        size = "not known" if count is None else f"{count:,}"
        return facts_html([("space", self.name), ("architectures", size)]) + table_html(
            HOLE_HEADINGS, hole_rows(self.holes())
        )
