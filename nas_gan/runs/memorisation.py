"""A look for copies: how near generated images are to their nearest training image, beside held-out ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from torch import Tensor

from nas_gan.data import Dataset
from nas_gan.metrics.neighbours import find_neighbours

COMPARED = 250
"""Images of each side, at most."""


@final
@dataclass(frozen=True)
class Nearest:
    """Median distances to the nearest training image, L2 over values in [0, 1]; None without such images.

    Generated images that are much nearer than held-out ones, which nobody copied, are copies.
    """

    samples: float
    held_out: float | None


def find_nearest(samples: Tensor, dataset: Dataset) -> Nearest:
    """Measure images uint8 [n, c, r, r], and as many of those held out as are compared."""
    return Nearest(_median(samples.cpu(), dataset), held_out_median(dataset))


def held_out_median(dataset: Dataset) -> float | None:
    """Measure how near images that nobody copied are to their nearest training image; None without any."""
    held_out = dataset.held_out.images
    return _median(held_out[:: -(-len(held_out) // COMPARED)], dataset) if len(held_out) else None


def _median(queries: Tensor, dataset: Dataset) -> float:
    return find_neighbours(queries, dataset.train.images, 1).distances.median().item()
