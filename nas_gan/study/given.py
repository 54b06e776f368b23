"""Architectures as a user names them: a file, a folder of a run or a bundle, or STUDY:TRIAL."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import final

from nas_gan.errors import InputError
from nas_gan.space import load_space, sample
from nas_gan.spec import Architecture, Image
from nas_gan.study.record import ARCHITECTURE_FILE, RECORD_FILE, RunRecord, load_record


@final
@dataclass(frozen=True)
class GivenArchitecture:
    """What a user named. `record` is there if it has been trained before.

    Without a record, `path` is a file that may leave the image to the data.
    """

    name: str
    path: Path | None
    record: RunRecord | None

    def resolve(self, image: Image) -> Architecture:
        """The architecture for an image; raises InputError if it is for another, or isn't one."""
        if self.record is not None:
            return _fit(self.record.architecture, image, self.name)
        space = load_space(str(self.path))
        if space.holes(image):
            raise InputError(
                f"{self.path}: has holes, so it is a space; search it with: "
                f"python -m nas_gan search --space {self.path}"
            )
        return sample(space, image, random.Random(0))


def find_architecture(name: str, storage: str) -> GivenArchitecture:
    """Finds what a user named; raises InputError if there is nothing of that name."""
    path = Path(name)
    if path.is_dir():
        if (path / RECORD_FILE).exists():
            return GivenArchitecture(name, None, load_record(path))
        return GivenArchitecture(name, path / ARCHITECTURE_FILE, None)
    if path.exists():
        return GivenArchitecture(name, path, None)
    study_name, colon, number = name.rpartition(":")
    if not colon or not study_name:
        raise InputError(
            f"{name}: no such file or folder; give one, or STUDY:TRIAL such as resdense-mnist5k:best"
        )
    from nas_gan.study.catalogue import read_one_trial
    from nas_gan.study.definition import load_study
    from nas_gan.study.storage import open_storage

    study = load_study(open_storage(storage, create=False), study_name)
    return GivenArchitecture(name, None, read_one_trial(study, number).record)


def _fit(architecture: Architecture, image: Image, name: str) -> Architecture:
    """The same networks for this image's classes; the number of classes matters only to conditional ones."""
    own = architecture.image
    same_shape = (own.channels, own.resolution) == (image.channels, image.resolution)
    if same_shape and (own.classes == image.classes or not architecture.conditional):
        return architecture.model_copy(update={"image": image})
    raise InputError(
        f"{name}: is for {own.channels} channels, {own.resolution} pixels and {own.classes} classes; the data "
        f"has {image.channels}, {image.resolution} and {image.classes}; give other --data or --resolution"
    )
