"""From what the user names to a `Dataset`: read it, check it, hold some of it out."""

from __future__ import annotations

import numpy as np
import torch

from nas_gan.data.arrays import Labels, SourceArrays
from nas_gan.data.config import MINIMUM_IMAGES, Announce, DataConfig, check_resolution
from nas_gan.data.dataset import Dataset, ImageSet, content_fingerprint
from nas_gan.data.pairs import find_pair, load_pair
from nas_gan.data.pixels import Pixels, resize_images
from nas_gan.data.plane import find_plane, load_plane
from nas_gan.data.sources import load_source
from nas_gan.data.splits import pick_stratified, split_held_out
from nas_gan.errors import InputError

MINIMUM_PER_CLASS = 2  # one to train on, one to hold out
MINIMUM_HELD_OUT = 2  # a covariance needs two


def load_dataset(config: DataConfig, announce: Announce | None = None) -> Dataset:
    """Load the dataset that `config` describes, to the CPU; the same config and content give the same bits.

    A source with a test split of its own keeps it as the held-out set; otherwise a seeded 20 % of each class
    is held out, at most 10,000 images in all. A source with a single class counts as unlabelled. At least 16
    training images are needed, 2 a class, and 2 held-out ones. `announce` gets a line before anything is
    downloaded or decoded. Points of the plane are drawn, and have no resolution. `ORIGIN:TARGET` is a pair of sources.

    Raises InputError if the source is missing, broken or too small, or the config doesn't fit it.
    """
    plane = find_plane(config.source)
    if plane is not None:
        return load_plane(plane, config)
    pair = find_pair(config.source)
    if pair is not None:
        return load_pair(config, pair, lambda one: load_dataset(one, announce))
    name, arrays = load_source(config, announce or _say_nothing)
    source, class_names = config.source, arrays.class_names
    if len(class_names) <= 1:
        arrays, class_names = SourceArrays(arrays.images, held_out_images=arrays.held_out_images), ()
    _check_counts(arrays, source)
    images, held_out_images = _make_square(arrays, config)
    train, held_out = _make_sets(images, held_out_images, arrays)
    train = _limit(train, config.limit, len(class_names), source)
    fingerprint = content_fingerprint(train, held_out, class_names)
    return Dataset(name, source, class_names, train, held_out, fingerprint)


def _say_nothing(message: str) -> None:
    del message


def _check_counts(arrays: SourceArrays, source: str) -> None:
    count = len(arrays.images)
    if count < MINIMUM_IMAGES:
        raise InputError(
            f"{source}: {count} training images are too few, at least {MINIMUM_IMAGES} are needed"
        )
    if arrays.held_out_images is not None and len(arrays.held_out_images) < MINIMUM_HELD_OUT:
        raise InputError(
            f"{source}: {len(arrays.held_out_images)} held-out images are too few: give {MINIMUM_HELD_OUT} "
            "or more, or leave that split out, and a fifth of the others is held out"
        )
    if arrays.labels is None:
        return
    sizes = np.bincount(arrays.labels, minlength=len(arrays.class_names))
    if sizes.min() < MINIMUM_PER_CLASS:
        small = arrays.class_names[int(sizes.argmin())]
        raise InputError(
            f"{source}: class '{small}' has too few training images ({sizes.min()}): "
            f"give it at least {MINIMUM_PER_CLASS}, or remove it"
        )


def _make_square(arrays: SourceArrays, config: DataConfig) -> tuple[Pixels, Pixels | None]:
    images = resize_images(arrays.images, config.resolution)
    check_resolution(images.shape[2], config.source)
    if arrays.held_out_images is None:
        return images, None
    held_out_images = resize_images(arrays.held_out_images, config.resolution)
    _, channels, side, _ = images.shape
    _, held_out_channels, held_out_side, _ = held_out_images.shape
    if channels != held_out_channels:
        raise InputError(
            f"{config.source}: training images have {channels} channels, held-out images "
            f"{held_out_channels}: store both grey or both in colour"
        )
    if side != held_out_side:
        raise InputError(
            f"{config.source}: training images are {side} pixels wide and held-out images {held_out_side}: "
            f"give a resolution of {min(side, held_out_side)} or another to resize both"
        )
    return images, held_out_images


def _make_sets(
    images: Pixels, held_out_images: Pixels | None, arrays: SourceArrays
) -> tuple[ImageSet, ImageSet]:
    labels = arrays.labels
    if held_out_images is not None:
        return _image_set(images, labels), _image_set(held_out_images, arrays.held_out_labels)
    train, held_out = split_held_out(_groups(labels, len(images)))
    return (
        _image_set(images[train], None if labels is None else labels[train]),
        _image_set(images[held_out], None if labels is None else labels[held_out]),
    )


def _limit(train: ImageSet, limit: int | None, classes: int, source: str) -> ImageSet:
    if limit is None or limit >= train.count:
        return train
    if limit < classes:
        raise InputError(f"{source}: limit {limit} leaves none for some of its {classes} classes: take more")
    labels = None if train.labels is None else train.labels.numpy()
    kept = torch.from_numpy(pick_stratified(_groups(labels, train.count), limit))
    return ImageSet(train.images[kept], None if train.labels is None else train.labels[kept])


def _groups(labels: Labels | None, count: int) -> Labels:
    return np.zeros(count, np.int64) if labels is None else labels


def _image_set(images: Pixels, labels: Labels | None) -> ImageSet:
    return ImageSet(torch.from_numpy(images), None if labels is None else torch.from_numpy(labels))
