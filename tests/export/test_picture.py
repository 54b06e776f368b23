"""The PNG writer that needs no package."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nas_gan.export.picture import write_png


@settings(deadline=None, max_examples=30)
@given(
    count=st.integers(1, 9),
    channels=st.sampled_from([1, 2, 3, 4]),
    resolution=st.integers(1, 7),
    columns=st.integers(1, 4),
)
def test_png_is_what_pillow_reads(
    tmp_path_factory: pytest.TempPathFactory, count: int, channels: int, resolution: int, columns: int
) -> None:
    path = tmp_path_factory.mktemp("png") / "grid.png"
    shape = (count, channels, resolution, resolution)
    pixels = torch.randint(256, shape, generator=torch.Generator().manual_seed(count)).to(torch.uint8)
    write_png(pixels, columns, path)
    with Image.open(path) as image:
        assert image.mode == ("L", "LA", "RGB", "RGBA")[channels - 1]
        read = np.asarray(image).reshape(image.height, image.width, channels)
    assert read.shape[:2] == (-(-count // columns) * resolution, columns * resolution)
    for index in range(count):
        top, left = index // columns * resolution, index % columns * resolution
        tile = read[top : top + resolution, left : left + resolution]
        assert (tile == pixels[index].permute(1, 2, 0).numpy()).all()
