"""Latents, labels, batches, pixels, and the PNG writer that needs no package."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from nas_gan.export.draw import BATCH_SIZE, draw_labels, draw_latents, generate, to_pixels
from nas_gan.export.picture import write_png


def test_latents_follow_their_distribution_and_their_seed() -> None:
    normal = draw_latents(4000, 8, "normal", seed=0)
    assert normal.mean().abs() < 0.02
    assert (normal.std() - 1).abs() < 0.02
    uniform = draw_latents(4000, 8, "uniform", seed=0)
    assert uniform.mean().abs() < 0.02
    assert uniform.min() >= -1
    assert uniform.max() <= 1
    assert (uniform.std() - 3**-0.5).abs() < 0.02
    assert torch.equal(normal, draw_latents(4000, 8, "normal", seed=0))
    assert not torch.equal(normal, draw_latents(4000, 8, "normal", seed=1))


def test_labels_are_of_one_class_or_of_all_in_turn() -> None:
    assert draw_labels(5, 3).tolist() == [0, 1, 2, 0, 1]
    assert draw_labels(3, 3, 2).tolist() == [2, 2, 2]
    assert draw_labels(3, 3, 0).dtype == torch.int64
    for outside in (-1, 3):
        with pytest.raises(ValueError, match="classes are numbered 0 to 2"):
            draw_labels(2, 3, outside)


@pytest.mark.parametrize("count", [1, BATCH_SIZE, BATCH_SIZE + 1])
def test_batches_keep_the_order(count: int) -> None:
    def add_labels(latents: Tensor, labels: Tensor | None) -> Tensor:
        return latents if labels is None else latents + labels[:, None]

    latents, labels = torch.arange(count * 2.0).reshape(count, 2), torch.arange(count)
    assert torch.equal(torch.cat(list(generate(add_labels, latents, None))), latents)
    assert torch.equal(torch.cat(list(generate(add_labels, latents, labels))), latents + labels[:, None])


def test_every_grey_level_comes_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_pixels(levels / 127.5 - 1), levels)
    assert to_pixels(torch.tensor([-1.5, 1.5])).tolist() == [0, 255]


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
