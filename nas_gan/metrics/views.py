"""Random views of images, for a network that learns without labels: two views of an image are to look the same.

A view is the image moved, zoomed, sheared, of another contrast and brightness, with noise. What a view changes, a
network that learned from views overlooks; so they change little, neither mirror nor turn an image (a letter becomes
another one), nor touch the balance of its colours.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SHIFT = 0.1  # of the side, at most, both ways
ZOOM = 0.2  # a factor of e^±0.2 at most, with e^±0.1 between height and width
SHEAR = 0.15  # pixels a pixel, at most, both ways
CONTRAST = 0.3  # a factor of e^±0.3 at most
BRIGHTNESS = 0.1  # of the range of pixels, at most
NOISE = 0.1  # standard deviation, at most, as a share of the range of pixels

WHITE = 255.0


def draw_views(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return a view of each of images [n, c, h, h], of values from 0 to 255: float32, channels last.

    The border's pixels are repeated beyond it. Noise and contrast may lead beyond 0 and 255. `generator` is of the
    images' device.
    """
    pixels = images.to(torch.float32)
    moves = _draw_moves(pixels, generator)
    grid = F.affine_grid(moves, list(pixels.shape), align_corners=False)
    moved = F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    mean = moved.mean((1, 2, 3), keepdim=True)
    contrast = (CONTRAST * _draw(pixels, generator, 1, 1, 1)).exp()
    brightness = WHITE * BRIGHTNESS * _draw(pixels, generator, 1, 1, 1)
    noise = torch.randn(moved.shape, generator=generator, device=moved.device)
    strength = WHITE * NOISE * _draw(pixels, generator, 1, 1, 1).abs()
    views = (moved - mean) * contrast + mean + brightness + strength * noise
    return views.contiguous(memory_format=torch.channels_last)


def _draw_moves(images: Tensor, generator: torch.Generator) -> Tensor:
    """Return affine maps [n, 2, 3] from a view's places to the image's, both from -1 to 1."""
    zoom, stretch = ZOOM * _draw(images, generator), 0.5 * ZOOM * _draw(images, generator)
    shears = SHEAR * _draw(images, generator, 2)
    shifts = 2 * SHIFT * _draw(images, generator, 2)
    rows = (
        torch.stack([(zoom + stretch).exp(), shears[:, 0], shifts[:, 0]], dim=1),
        torch.stack([shears[:, 1], (zoom - stretch).exp(), shifts[:, 1]], dim=1),
    )
    return torch.stack(rows, dim=1)


def _draw(images: Tensor, generator: torch.Generator, *shape: int) -> Tensor:
    """Return numbers from -1 to 1, of this shape for each image."""
    return 2 * torch.rand(len(images), *shape, generator=generator, device=images.device) - 1
