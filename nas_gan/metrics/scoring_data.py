"""The real images that a scorer is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from nas_gan.metrics.protocol import Reference


class LabelledImages(NamedTuple):
    """uint8 [n, channels, resolution, resolution], and int64 [n] in [0, classes)."""

    images: Tensor
    labels: Tensor


@dataclass(frozen=True, eq=False)
class ScoringData:
    """A dataset in two parts: images uint8 [n, channels, resolution, resolution], labels int64 [n].

    The parts agree in channels and resolution; without labels, both label fields are None.
    """

    train_images: Tensor
    train_labels: Tensor | None
    held_out_images: Tensor
    held_out_labels: Tensor | None
    fingerprint: str
    """Hash of the dataset's content and of how it was split and resized: the key of everything cached."""

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colour."""
        return self.train_images.shape[1]

    @property
    def resolution(self) -> int:
        """Height and width, in pixels."""
        return self.train_images.shape[-1]

    def get_reference(self, reference: Reference) -> Tensor:
        """The images of one part."""
        return self.train_images if reference == "train" else self.held_out_images

    def get_reference_labels(self, reference: Reference) -> Tensor | None:
        """The labels of one part; None where there are none."""
        return self.train_labels if reference == "train" else self.held_out_labels
