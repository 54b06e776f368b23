"""Architectures as a user gives them: bundled, a file, a folder of a run or a bundle, STUDY:TRIAL, or in memory."""

from __future__ import annotations

import importlib.util
import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import final

from nas_gan.errors import InputError
from nas_gan.runs.record import ARCHITECTURE_FILE, RECORD_FILE, RunRecord, load_record
from nas_gan.space import bundled_spaces, load_space, sample
from nas_gan.space.spot import did_you_mean
from nas_gan.spec import Architecture, Image


@final
@dataclass(frozen=True)
class GivenArchitecture:
    """What a user gave. `record` is there if it has been trained before, `built` if it needs no file.

    Without either, `space` is the bundled name or the file of a space without holes, which may leave the
    image to the data.
    """

    name: str
    space: str | None = None
    record: RunRecord | None = None
    built: Architecture | None = None

    def resolve(self, image: Image) -> Architecture:
        """Return the architecture for an image; raises InputError if it is for another, or isn't one."""
        if self.record is not None:
            return _fit(self.record.architecture, image, self.name)
        if self.built is not None:
            return _fit(self.built, image, self.name)
        space = load_space(str(self.space))
        if space.holes(image):
            raise InputError(
                f"{self.space}: has holes, so it is a space; search it with: "
                f"python -m nas_gan search --space {self.space}"
            )
        return sample(space, image, random.Random(0))


def find_architecture(given: Architecture | str | os.PathLike[str], storage: str) -> GivenArchitecture:
    """Find what a user gave; raises InputError if there is nothing of that name.

    A bundled name wins over a folder of the same name, which is given as `./name`.
    """
    if isinstance(given, Architecture):
        return GivenArchitecture("the architecture", built=given)
    name = os.fspath(given)
    path = Path(name)
    if name in bundled_spaces():
        return GivenArchitecture(name, name)
    if path.is_dir():
        if (path / RECORD_FILE).exists():
            return GivenArchitecture(name, record=load_record(path))
        return GivenArchitecture(name, str(path / ARCHITECTURE_FILE))
    if path.exists():
        return GivenArchitecture(name, str(path))
    study_name, colon, number = name.rpartition(":")
    if not colon or not study_name:
        trial = "give STUDY:TRIAL such as resdense-mnist5k:best"
        remedy = did_you_mean(name, bundled_spaces(), "give one", trial)
        raise InputError(f"{name}: no such file, folder or bundled architecture; {remedy}")
    from nas_gan.search.catalogue import read_one_trial
    from nas_gan.search.definition import load_study
    from nas_gan.search.storage.database import open_storage

    study = load_study(open_storage(storage, create=False), study_name)
    return GivenArchitecture(name, record=read_one_trial(study, number).record)


def is_run(name: str) -> bool:
    """Say whether a name is that of a folder or of STUDY:TRIAL, and of nothing that a space is called."""
    if name in bundled_spaces():
        return False
    study, colon, trial = name.rpartition(":")
    if Path(name).exists() or not colon or not study:
        return Path(name).is_dir()
    return trial.isdecimal() or (trial == "best" and not _is_module(study))


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def pair(generating: Architecture, judging: Architecture, where: str) -> Architecture:
    """Return the generator of one architecture against the discriminator of another, each with its optimiser.

    Loss, regularisers and training are those of `generating`. `where` names the pair in errors. Raises
    InputError where the two don't fit: images differ, or one network alone knows labels.
    """
    shapes = [(one.image.channels, one.image.resolution) for one in (generating, judging)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"{where}: one is for {shapes[0][0]} channels of {shapes[0][1]} pixels, the other for "
            f"{shapes[1][0]} of {shapes[1][1]}; give two for the same images"
        )
    tree, other = generating.model_dump(mode="json"), judging.model_dump(mode="json")
    optimisers = other["optimisers"] | {"generator": tree["optimisers"]["generator"]}
    paired = tree | {"discriminator": other["discriminator"], "optimisers": optimisers}
    return Architecture.from_tree(paired, where)


def _fit(architecture: Architecture, image: Image, name: str) -> Architecture:
    """Return the same networks for this image's classes; the number of classes matters only to conditional ones."""
    own = architecture.image
    same_shape = (own.channels, own.resolution) == (image.channels, image.resolution)
    if same_shape and (own.classes == image.classes or not architecture.conditional):
        return architecture.model_copy(update={"image": image})
    raise InputError(
        f"{name}: is for {own.channels} channels, {own.resolution} pixels and {own.classes} classes; the data "
        f"has {image.channels}, {image.resolution} and {image.classes}; give other data, or another resolution"
    )
