"""Latents, labels, batches and pixels."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nas_gan.nets.generate import BATCH_SIZE, draw_labels, draw_latents, generate_images, to_uint8


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
    assert torch.equal(torch.cat(list(generate_images(add_labels, latents, None))), latents)
    assert torch.equal(
        torch.cat(list(generate_images(add_labels, latents, labels))), latents + labels[:, None]
    )


@pytest.mark.parametrize("batch_size", [1, 4, 10, 11])
def test_batches_are_of_the_size_asked_for(batch_size: int) -> None:
    sizes: list[int] = []

    def generator(latents: Tensor, _: Tensor | None) -> Tensor:
        sizes.append(len(latents))
        assert torch.is_inference_mode_enabled()
        return latents

    for _ in generate_images(generator, torch.zeros(10, 2), None, batch_size):
        assert not torch.is_inference_mode_enabled()  # whoever takes a batch may go on to train with it
    assert sum(sizes) == 10
    assert max(sizes) == min(batch_size, 10)


def test_pixels_are_rounded_and_clipped() -> None:
    images = torch.tensor([-9.0, -1, -0.999, 0, 0.5, 0.999, 1, 9, math.nan, math.inf])
    assert to_uint8(images).tolist() == [0, 0, 0, 128, 191, 255, 255, 255, 128, 255]


def test_every_grey_value_survives() -> None:
    values = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(values / 127.5 - 1), values)
    assert torch.equal(to_uint8((values / 127.5 - 1).half().float()), values)
