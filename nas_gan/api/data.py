"""Data by name, folder or file, and that of a record."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, final

from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.data import DataConfig, Dataset
    from nas_gan.runs.record import RunRecord
    from nas_gan.spec import Architecture


@final
@dataclass(frozen=True)
class Data:
    """Which data, and what is done to it. What is None is as in training, or as the data is.

    source: a name (`mnist5k`, `cifar10`, `swiss_roll`), or the path of a folder, a `.zip` or an `.npz`.
    resolution: side in pixels, 8 to 512, to which images are resized.
    limit: train on so many images at most, 16 or more.
    root: folder with torchvision's datasets. download: whether data and weights may be downloaded to the cache.
    """

    source: str | os.PathLike[str] | None = None
    resolution: int | None = None
    limit: int | None = None
    root: str | os.PathLike[str] | None = None
    download: bool = False

    def config(self, record: RunRecord | None) -> DataConfig:
        """Return the data of a record, with what the choice changes; the embedded digits where neither says."""
        from nas_gan.data import DataConfig

        stored = {} if record is None else record.data
        # Other images are resized as those were that the record is of.
        other = {"source": os.fspath(self.source or ""), "resolution": stored.get("resolution")}
        config = DataConfig(**(stored if self.source is None else other))
        changes: dict[str, Any] = asdict(self)
        del changes["source"]
        changes["root"] = None if self.root is None else os.fspath(self.root)
        return replace(config, **{name: value for name, value in changes.items() if value is not None})


GivenData = Data | str | os.PathLike[str]


def as_data(given: GivenData | None) -> Data:
    """Return what a user gave as data; None leaves all to a record."""
    return given if isinstance(given, Data) else Data(given)


def load_dataset(data: GivenData = "mnist5k") -> Dataset:
    """Load images and labels as tensors on the CPU, split into those to train on and those held out.

    `data` is a name (`mnist5k`, `mnist`, `fashion-mnist`, `cifar10`, `celeba`, `celeba-wide`; of points, `swiss_roll`
    and `eight_gaussians`), the path of a folder, a `.zip` or an `.npz`, or either as `Data`, which says more. Raises
    InputError if the data is missing, broken or too small.
    """
    from nas_gan.data import load_dataset as load

    return load(as_data(data).config(None))


def check_made_alike(architecture: Architecture, dataset: Dataset) -> None:
    """Raise InputError if a generator's images aren't of the data's kind."""
    own = architecture.image
    if (dataset.channels, dataset.resolution) != (own.channels, own.resolution):
        raise InputError(
            f"{dataset.source}: {dataset.channels} channels of {dataset.resolution} pixels; "
            f"the generator makes {own.channels} of {own.resolution}; give the data it was trained on, or a "
            f"resolution of {own.resolution}",
            setting="data",
        )
