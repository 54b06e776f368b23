"""Drawings of both networks of an architecture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nas_gan.api.folders import DEFAULT_STORAGE
from nas_gan.errors import InputError
from nas_gan.files import write_output

if TYPE_CHECKING:
    from nas_gan.spec import Architecture, Image


def draw(
    architecture: Architecture | str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    title: str | None = None,
    image: Image | None = None,
    storage: str = DEFAULT_STORAGE,
) -> Path:
    """Draw both networks: stages with their shapes, operations in order, skips, dense links, and where labels enter.

    The architecture may also be a bundled one's name, a file, a folder of a run or a bundle, or `STUDY:TRIAL`.
    `output` ends in .svg, .pdf or .png; the last two need cairosvg (the extra `drawings`). `image` is for a file that
    leaves it to the data. Returns where it is. Raises InputError if there is no such architecture, it has holes or
    translates images, or the file can't be written.
    """
    from nas_gan.report.drawing import check_format, drawing_bytes

    path = Path(output)
    form = check_format(path)
    found, name = _resolve(architecture, storage, image)
    if found.translates:
        raise InputError(f"{name}: translates images, and only networks that generate from noise are drawn")
    try:
        write_output(path, drawing_bytes(found, name if title is None else title, form))
    except OSError as error:
        raise InputError(
            f"{path}: can't be written ({error.strerror}); give another file", setting="output"
        ) from None
    return path


def image_given(
    architecture: str, storage: str, *, resolution: int | None, channels: int | None, classes: int | None
) -> Image | None:
    """Return the image that a file is to be drawn for, where anything of it is given; None where nothing is.

    Raises InputError for a value that no image has, or an architecture that was trained for its own images.
    """
    from nas_gan.api.space import image_for
    from nas_gan.search.given import find_architecture
    from nas_gan.space import load_space

    given = {"resolution": resolution, "channels": channels, "classes": classes}
    said = [name for name, value in given.items() if value is not None]
    if not said:
        return None
    found = find_architecture(architecture, storage)
    if found.space is None:
        raise InputError(f"{architecture} was trained for its own images; leave it out", setting=said[0])
    return image_for(load_space(found.space), given=given)


def _resolve(
    given: Architecture | str | os.PathLike[str], storage: str, image: Image | None
) -> tuple[Architecture, str]:
    """Find what a user gave, for the images that it was made for, or else for `image`; and what it is called.

    Raises InputError where there is none, also for a space with holes.
    """
    from nas_gan.api.space import image_for
    from nas_gan.search.given import find_architecture
    from nas_gan.space import load_space

    found = find_architecture(given, storage)
    own = found.built or (found.record and found.record.architecture)
    if own:
        return (own if image is None else found.resolve(image)), found.name
    return found.resolve(image or image_for(load_space(str(found.space)))), found.name
