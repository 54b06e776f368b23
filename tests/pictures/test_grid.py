from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image

from nas_gan.pictures.grid import grid_png

TILE, GAP, MARGIN = 56, 2, 8


def test_images_stand_row_by_row_with_gaps() -> None:
    images = torch.tensor([10, 20, 30], dtype=torch.uint8)[:, None, None, None].expand(3, 1, 28, 28)
    pixels = np.asarray(Image.open(io.BytesIO(grid_png(images, columns=2))))
    assert pixels.shape == (2 * (TILE + GAP) + GAP, 2 * (TILE + GAP) + GAP)
    assert (pixels[GAP : GAP + TILE, GAP : GAP + TILE] == 10).all()
    assert (pixels[GAP : GAP + TILE, 2 * GAP + TILE : -GAP] == 20).all()
    assert (pixels[2 * GAP + TILE : -GAP, GAP : GAP + TILE] == 30).all()
    assert (pixels[2 * GAP + TILE :, 2 * GAP + TILE :] == 255).all()


def test_a_first_column_stands_apart() -> None:
    images = torch.zeros(6, 3, 28, 28, dtype=torch.uint8)
    pixels = np.asarray(Image.open(io.BytesIO(grid_png(images, columns=3, first_apart=True))))
    assert pixels.shape == (2 * (TILE + GAP) + GAP, 3 * (TILE + GAP) + GAP + MARGIN, 3)
    first_row = pixels[GAP, :, 0]
    assert (first_row[GAP + TILE : GAP + TILE + GAP + MARGIN] == 255).all()
    assert (first_row == 0).sum() == 3 * TILE
