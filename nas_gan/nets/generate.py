"""From a seed to images: latents, labels, batches and pixels.

A bundle's `model.py` holds a copy of these functions, so that a seed gives the same images there. They may
use torch and the standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor

BATCH_SIZE = 64  # bounds the memory that many or large images take


def draw_latents(
    count: int, latent_dim: int, distribution: Literal["normal", "uniform"], seed: int
) -> Tensor:
    """Return latents float32 [count, latent_dim]: standard normal, or uniform in [-1, 1]; equal for equal seeds."""
    random = torch.Generator().manual_seed(seed)
    if distribution == "uniform":
        return torch.rand(count, latent_dim, generator=random) * 2 - 1
    return torch.randn(count, latent_dim, generator=random)


def draw_labels(count: int, classes: int, only: int | None = None) -> Tensor:
    """Return labels int64 [count]: class `only`, or all classes in turn."""
    if only is None:
        return torch.arange(count) % classes
    if not 0 <= only < classes:
        raise ValueError(f"class {only}: classes are numbered 0 to {classes - 1}")
    return torch.full((count,), only)


def generate_images(
    generator: Callable[[Tensor, Tensor | None], Tensor],
    latents: Tensor,
    labels: Tensor | None,
    batch_size: int = BATCH_SIZE,
) -> Iterator[Tensor]:
    """Return batches of images [n, c, r, r] in [-1, 1], in the order of the latents, on their device."""
    for start in range(0, len(latents), batch_size):
        part = slice(start, start + batch_size)
        with torch.inference_mode():
            images = generator(latents[part], None if labels is None else labels[part])
        yield images


def to_uint8(images: Tensor) -> Tensor:
    """Return values in [-1, 1] as the nearest uint8: clipped beyond, and mid-grey where they aren't numbers."""
    return images.nan_to_num(nan=0.0).add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
