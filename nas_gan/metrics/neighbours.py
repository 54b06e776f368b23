"""The nearest real images of generated ones: copies of training images would show here.

As in section 4.5.4 of Yamazaki's thesis, "On Depth and Complexity of Generative
Adversarial Networks" (KTH, 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

IMAGES_AT_ONCE = 4096
WHITE = 255.0


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Places of the nearest images, int64 [q, k], and how far they are, float64 [q, k]; nearest first."""

    places: Tensor
    distances: Tensor
    """L2 over all values of an image, each in [0, 1]."""


def find_neighbours(queries: Tensor, images: Tensor, count: int) -> Neighbours:
    """Return the `count` nearest of uint8 images [n, c, r, r] to each of uint8 queries [q, c, r, r], pixel by pixel.

    Found by matrix products, |a - b|² = |a|² - 2 a·b + |b|², whose whole numbers float64 holds without rounding:
    distances are exact, and equal ones keep the images' order. ValueError unless 1 <= count <= n.
    """
    if not 1 <= count <= len(images):
        raise ValueError(f"{count} neighbours can't be found among {len(images)} images")
    rows = queries.flatten(1).to(torch.float64)
    places = torch.empty(len(rows), 0, dtype=torch.int64)
    squares = torch.empty(len(rows), 0, dtype=torch.float64)
    for start in range(0, len(images), IMAGES_AT_ONCE):
        others = images[start : start + IMAGES_AT_ONCE].flatten(1).to(torch.float64)
        found = rows.square().sum(1, keepdim=True) - 2 * rows @ others.T + others.square().sum(1)
        squares, order = torch.cat([squares, found], dim=1).sort(dim=1, stable=True)
        numbers = torch.arange(start, start + len(others)).expand(len(rows), -1)
        places = torch.cat([places, numbers], dim=1).gather(1, order)
        squares, places = squares[:, :count], places[:, :count]
    return Neighbours(places, squares.sqrt() / WHITE)
