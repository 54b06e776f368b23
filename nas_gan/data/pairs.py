"""Pairs of datasets for a translation: two sources, or the outlines of half of one's images and its other half."""

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
"""As the origin of a pair: half of the target's images turned into their outlines, which leaves it the other half.
Alone it is of the embedded digits."""
EMBEDDED = "mnist5k"

Load = Callable[[DataConfig], Dataset]


def find_pair(source: str) -> tuple[str, str] | None:
    """Return the origin and the target of `ORIGIN:TARGET`; None for what is a dataset's name, a file or a folder."""
    if source == OUTLINES:
        return OUTLINES, EMBEDDED
    origin, colon, target = source.partition(":")
    if (
        not (origin.strip() and colon and target.strip())
        or source in dataset_names()
        or Path(source).exists()
    ):
        return None
    return origin, target


def load_pair(config: DataConfig, pair: tuple[str, str], load: Load) -> Dataset:
    """Load both; raises InputError unless they are images of one shape. A limit is of each source."""
    for side in pair if pair[0] != OUTLINES else pair[1:]:
        if find_pair(side) is not None:
            raise InputError(
                f"{config.source}: {side} is a pair itself; give ORIGIN:TARGET, a dataset on either side"
            )
    if pair[0] == OUTLINES:
        return _load_outlines(config, load(replace(config, source=pair[1])))
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


def _load_outlines(config: DataConfig, whole: Dataset) -> Dataset:
    """Halves both splits: every second image is an outline, and none is on both sides."""
    if whole.is_points:
        raise InputError(f"{config.source}: holds points; outlines are of images")
    halves = [[_every_second(one, start) for one in (whole.train, whole.held_out)] for start in (0, 1)]
    origin = Origin(*(ImageSet(draw_outlines(half.images), half.labels) for half in halves[0]))
    return _joined(config, OUTLINES, replace(whole, train=halves[1][0], held_out=halves[1][1]), origin)


def draw_outlines(images: Tensor) -> Tensor:
    """Return the brightest less the darkest of the 3×3 pixels around each: uint8 [n, c, r, r], as given."""
    values = images.float()
    return (F.max_pool2d(values, 3, 1, 1) + F.max_pool2d(-values, 3, 1, 1)).to(images.dtype)


def _joined(config: DataConfig, origin_name: str, target: Dataset, origin: Origin) -> Dataset:
    digest = hashlib.sha256(target.fingerprint.encode())
    for one in (target.train, target.held_out, origin.train, origin.held_out):
        digest.update(one.images.contiguous().numpy().data)
    name = f"{origin_name}-to-{target.name}"[:64]
    return replace(target, name=name, source=config.source, fingerprint=digest.hexdigest(), origin=origin)


def _every_second(images: ImageSet, start: int) -> ImageSet:
    return ImageSet(images.images[start::2], None if images.labels is None else images.labels[start::2])


def _unlabelled(images: ImageSet) -> ImageSet:
    return ImageSet(images.images, None)
