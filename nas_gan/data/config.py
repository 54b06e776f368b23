"""What it takes to load the same data again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from nas_gan.errors import InputError, is_text

Announce = Callable[[str], None]  # takes one line for the user before something slow begins

MINIMUM_RESOLUTION = 8
MAXIMUM_RESOLUTION = 512
MINIMUM_IMAGES = 16  # a training set smaller than one small batch teaches nothing


@final
@dataclass(frozen=True)
class DataConfig:
    """Where images come from and what is done to them; `dataclasses.asdict` of it is JSON.

    source: a name from `dataset_names()`, or the path of a folder, a `.zip` or an `.npz`. A name wins over a
        folder of the same name, which is given as `./name`.
    resolution: side in pixels, 8 to 512, to which the centre square of each image is resized; None keeps
        theirs. Points have none.
    root: folder with torchvision's datasets; None is `datasets` in the cache folder.
    download: whether a named dataset that isn't under `root` may be downloaded to it.
    limit: at most so many training images (at least 16), every class in proportion; None takes all.

    Raises InputError if a value is out of its range.
    """

    source: str = "mnist5k"
    resolution: int | None = None
    root: str | None = None
    download: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise InputError("the data source is empty: give a dataset's name, a folder, a .zip or an .npz")
        if not is_text(self.source):
            raise InputError(f"{self.source}: its name isn't UTF-8, and can't be kept in a record; rename it")
        if self.resolution is not None:
            check_resolution(self.resolution, None)
        if self.limit is not None and self.limit < MINIMUM_IMAGES:
            raise InputError(
                f"{self.limit} is too small: take at least {MINIMUM_IMAGES} training images", setting="limit"
            )


def check_resolution(resolution: int, where: str | None) -> None:
    """Raise InputError unless `resolution` is in 8 to 512 pixels; `where` says whose it is, None the setting's."""
    if not MINIMUM_RESOLUTION <= resolution <= MAXIMUM_RESOLUTION:
        known = f"{MINIMUM_RESOLUTION} to {MAXIMUM_RESOLUTION}"
        if where is None:
            raise InputError(f"{resolution}: is out of range, choose {known} pixels", setting="resolution")
        raise InputError(f"{where}: {resolution} pixels is out of range, choose a resolution of {known}")
