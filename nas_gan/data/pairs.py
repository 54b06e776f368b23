"""Pairs of datasets for a translation: two sources, or the outlines of half the digits and the other half."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor

from nas_gan.data.config import DataConfig
from nas_gan.data.dataset import Dataset, ImageSet, Origin
from nas_gan.data.sources import dataset_names
from nas_gan.errors import InputError

OUTLINES = "outlines"
"""Half of the embedded digits turned into their outlines, and the other half as they are: no digit is on both sides."""

Load = Callable[[DataConfig], Dataset]


def find_pair(source: str) -> tuple[str, str] | None:
    """The origin and the target of `ORIGIN:TARGET`; None for what is a dataset's name, a file or a folder."""
    origin, colon, target = source.partition(":")
    if (
        not (origin.strip() and colon and target.strip())
        or source in dataset_names()
        or Path(source).exists()
    ):
        return None
    return origin, target


def load_pair(config: DataConfig, pair: tuple[str, str], load: Load) -> Dataset:
    """Loads both; raises InputError unless they are images of one shape. A limit is of each domain."""
    origin, target = (load(replace(config, source=source)) for source in pair)
    if origin.is_points or target.is_points:
        raise InputError(f"{config.source}: holds points; a translation is of images")
    shapes = [(one.channels, one.resolution) for one in (origin, target)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"{config.source}: one has {shapes[0][0]} channels of {shapes[0][1]} pixels, the other {shapes[1][0]} of "
            f"{shapes[1][1]}; give both in grey or in colour, and a resolution to which both are resized"
        )
    alike = origin.class_names == target.class_names
    sets = (origin.train, origin.held_out)
    return _joined(config, origin.name, target, Origin(*(one if alike else _unlabelled(one) for one in sets)))


def load_outlines(config: DataConfig, load: Load) -> Dataset:
    """Loads the digits and halves them: every second one of each split is an outline."""
    whole = load(replace(config, source="mnist5k"))
    halves = [[_every_second(one, start) for one in (whole.train, whole.held_out)] for start in (0, 1)]
    origin = Origin(*(ImageSet(draw_outlines(half.images), half.labels) for half in halves[0]))
    return _joined(config, OUTLINES, replace(whole, train=halves[1][0], held_out=halves[1][1]), origin)


def draw_outlines(images: Tensor) -> Tensor:
    """The brightest less the darkest of the 3×3 pixels around each: uint8 [n, c, r, r], as given."""
    values = images.float()
    return (F.max_pool2d(values, 3, 1, 1) + F.max_pool2d(-values, 3, 1, 1)).to(images.dtype)


def _joined(config: DataConfig, origin_name: str, target: Dataset, origin: Origin) -> Dataset:
    digest = hashlib.sha256(f"{config.source}/{target.fingerprint}".encode())
    for one in (target.train, target.held_out, origin.train, origin.held_out):
        digest.update(one.images.contiguous().numpy().data)
    name = origin_name if config.source == OUTLINES else f"{origin_name}-to-{target.name}"
    return replace(
        target, name=name[:64], source=config.source, fingerprint=digest.hexdigest(), origin=origin
    )


def _every_second(images: ImageSet, start: int) -> ImageSet:
    return ImageSet(images.images[start::2], None if images.labels is None else images.labels[start::2])


def _unlabelled(images: ImageSet) -> ImageSet:
    return ImageSet(images.images, None)
