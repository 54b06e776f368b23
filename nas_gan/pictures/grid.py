"""Images side by side in one PNG."""

from __future__ import annotations

import io

import torch
from PIL import Image
from torch import Tensor

SMALLEST_TILE = 56  # pixels; smaller images are enlarged by a whole factor, so that a person can see them
GAP = 2
MARGIN = 8  # pixels between a first column that stands apart and the others


def grid_png(images: Tensor, columns: int, first_apart: bool = False) -> bytes:
    """Return a PNG of images uint8 [n, 1 or 3, r, r], row by row, with a gap between them.

    `first_apart` sets the first column apart from the others, which belong to it.
    """
    count, channels, resolution, _ = images.shape
    scale = max(1, -(-SMALLEST_TILE // resolution))
    tile = resolution * scale + GAP
    rows = -(-count // columns)
    margin = MARGIN if first_apart and columns > 1 else 0
    sheet = torch.full((channels, rows * tile + GAP, columns * tile + GAP + margin), 255, dtype=torch.uint8)
    for index, image in enumerate(images.cpu()):
        large = image.repeat_interleave(scale, dim=1).repeat_interleave(scale, dim=2)
        row, column = divmod(index, columns)
        top, left = GAP + row * tile, GAP + column * tile + (margin if column else 0)
        sheet[:, top : top + tile - GAP, left : left + tile - GAP] = large
    return image_png(sheet)


def image_png(image: Tensor) -> bytes:
    """Return a PNG of one image uint8 [1 or 3, h, w], pixel for pixel."""
    pixels = image.cpu().permute(1, 2, 0).contiguous().numpy()
    picture = Image.fromarray(pixels[:, :, 0] if len(image) == 1 else pixels)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
