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
        """Return the images of one part."""
        if reference == "train":
            return self.train_images
        return self.held_out_images[self._places(reference)]

    def get_reference_labels(self, reference: Reference) -> Tensor | None:
        """Return the labels of one part; None where there are none."""
        if reference == "train":
            return self.train_labels
        return None if self.held_out_labels is None else self.held_out_labels[self._places(reference)]

    def _places(self, reference: Reference) -> Tensor | slice:
        """Say which held-out images: all, or every other one of each class."""
        if reference == "held_out":
            return slice(None)
        labels = self.held_out_labels
        first = 0 if reference == "held_out_choice" else 1
        if labels is None:
            return slice(first, None, 2)
        return labels.argsort(stable=True)[first::2].sort().values
