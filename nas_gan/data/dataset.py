"""Images, or points, and labels as whole tensors, and what identifies them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import final

import torch


@final
@dataclass(frozen=True, eq=False)
class ImageSet:
    """Square images with or without labels, small enough to sit on one device whole.

    images: uint8 `[count, channels, resolution, resolution]`, channels 1 (grey) or 3 (RGB); or, as if they were
        images of one pixel, points float32 `[count, dimensions, 1, 1]`.
    labels: int64 `[count]`, or None when unlabelled.
    """

    images: torch.Tensor
    labels: torch.Tensor | None

    def __post_init__(self) -> None:
        shape, dtype = self.images.shape, self.images.dtype
        is_square = len(shape) == 4 and shape[2] == shape[3]
        if not is_square or not (dtype == torch.uint8 or (dtype == torch.float32 and shape[2] == 1)):
            raise ValueError(
                "images must be uint8 [count, channels, side, side], or float32 [count, dimensions, 1, 1] for "
                f"points, not {dtype} {list(shape)}"
            )
        if self.labels is not None and (self.labels.dtype != torch.int64 or self.labels.shape != shape[:1]):
            raise ValueError(
                f"labels must be int64 [{shape[0]}], not {self.labels.dtype} {self.labels.shape}"
            )

    @property
    def count(self) -> int:
        """Number of images."""
        return self.images.shape[0]

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB; the dimensions of points."""
        return self.images.shape[1]

    @property
    def resolution(self) -> int:
        """Side of the square images, in pixels; 1 for points."""
        return self.images.shape[2]

    @property
    def is_points(self) -> bool:
        """Whether these are points, whose values are what they are, rather than pixels."""
        return self.images.dtype == torch.float32

    def to(self, device: torch.device | str) -> ImageSet:
        """Return the same set on `device`."""
        return ImageSet(self.images.to(device), None if self.labels is None else self.labels.to(device))


@final
@dataclass(frozen=True, eq=False)
class Modes:
    """Where the mass of a distribution of points lies: in modes of equal shares.

    anchors: float32 `[modes, anchors, dimensions]`; each mode is the surroundings of its anchors.
    radius: distance to its nearest anchor up to which a point is near a mode, in the data's units.
    """

    anchors: torch.Tensor
    radius: float


@final
@dataclass(frozen=True, eq=False)
class Origin:
    """Images of another domain, of the same channels and resolution, from which a translation starts.

    Labels are there where the classes are those of the target.
    """

    train: ImageSet
    held_out: ImageSet


@final
@dataclass(frozen=True, eq=False)
class Dataset:
    """A training set and a held-out set of the same kind of images.

    name: short and safe in a file name: the dataset's name, or the stem of the folder or file.
    source: what the user gave.
    class_names: one a class, in the order of the labels; `()` when unlabelled.
    held_out: images no generator is trained on, for scores and for a classifier's accuracy.
    fingerprint: SHA-256 (hexadecimal) of the content: pixels, labels, shapes and class names of both sets.
    modes: of points; None for images.
    origin: of a pair, where the rest is the target; None for others. Generators from latents don't look at it.
    """

    name: str
    source: str
    class_names: tuple[str, ...]
    train: ImageSet
    held_out: ImageSet
    fingerprint: str
    modes: Modes | None = None
    origin: Origin | None = None

    @property
    def is_points(self) -> bool:
        """Whether it holds points rather than images."""
        return self.train.is_points

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB; the dimensions of points."""
        return self.train.channels

    @property
    def resolution(self) -> int:
        """Side of the square images, in pixels; 1 for points."""
        return self.train.resolution

    @property
    def classes(self) -> int:
        """Number of classes; 0 when unlabelled."""
        return len(self.class_names)


def content_fingerprint(train: ImageSet, held_out: ImageSet, class_names: tuple[str, ...]) -> str:
    """Return the SHA-256, in hexadecimal, of everything a run can see of the data; sets must be on the CPU.

    Names and paths are left out, so a zip and the folder it was made from have one fingerprint.
    """
    shapes = [list(images.images.shape) for images in (train, held_out)]
    digest = hashlib.sha256(json.dumps([shapes, class_names, train.labels is not None]).encode())
    for images in (train, held_out):
        digest.update(images.images.contiguous().numpy().data)
        if images.labels is not None:
            digest.update(images.labels.numpy().astype("<i8").data)
    return digest.hexdigest()
