"""Translated test images, their scores, and a picture of them beside what they were made of."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from nas_gan.data import Dataset, ImageSet
from nas_gan.data.dataset import Origin
from nas_gan.metrics.scores import Scores
from nas_gan.nets import Translators, to_uint8
from nas_gan.pictures.grid import grid_png, image_png
from nas_gan.runs.scoring import SCORING_BATCH, Resources
from nas_gan.training import Precision, autocast
from nas_gan.training.batches import to_unit_range

COLUMNS = 8
ROWS = 8


def translate_images(
    network: nn.Module,
    images: Tensor,
    device: torch.device,
    precision: Precision = "float32",
    batch_size: int = SCORING_BATCH,
) -> Iterator[Tensor]:
    """Return batches float32 [n, c, r, r] in [-1, 1], of images uint8 [n, c, r, r], in their order, on the device."""
    laid_out = copy.deepcopy(network).to(memory_format=torch.channels_last)
    for batch in torch.split(images, batch_size):
        with torch.inference_mode(), autocast(device, precision):
            made = laid_out(to_unit_range(batch.to(device)))
        yield made.float()


def score_translation(
    translators: Translators, resources: Resources, precision: Precision, *, full: bool
) -> Scores:
    """Score test images of the origin, once they are translated, against the target's; and there and back."""
    count, device = resources.scorer.protocol.sample_count, resources.device
    tested = spread_images(_origin_of(resources.dataset).held_out, count).images
    made = map(to_uint8, translate_images(translators.forth, tested, device, precision))
    scores = resources.scorer.score(made, None, full)
    of_target = spread_images(resources.dataset.held_out, count).images
    errors = [
        _cycle_error(first, second, images, device, precision)
        for first, second, images in (
            (translators.forth, translators.back, tested),
            (translators.back, translators.forth, of_target),
        )
    ]
    return replace(scores, cycle_error=sum(errors) / len(errors))


def draw_translation(
    translators: Translators, resources: Resources, precision: Precision
) -> tuple[Tensor, bytes, bytes]:
    """Draw translated test images uint8 [n, c, r, r], a PNG of each to the right of what it was made of, and
    one of the first of those, pixel for pixel.
    """
    tested = spread_images(_origin_of(resources.dataset).held_out, COLUMNS * ROWS // 2).images
    made = torch.cat(
        [
            to_uint8(batch).cpu()
            for batch in translate_images(translators.forth, tested, resources.device, precision)
        ]
    )
    return made, pairs_png(tested, made), image_png(tested[0])


def pairs_png(images: Tensor, made: Tensor) -> bytes:
    """Return a PNG of images uint8 [n, c, r, r], each with what was made of it to its right."""
    return grid_png(torch.stack([images, made], dim=1).flatten(0, 1), COLUMNS)


def spread_images(images: ImageSet, count: int) -> ImageSet:
    """Return evenly spaced images, `count` at most, so that all classes stay in proportion."""
    kept = torch.linspace(0, images.count - 1, min(count, images.count)).long()
    return ImageSet(images.images[kept], None if images.labels is None else images.labels[kept])


def _origin_of(dataset: Dataset) -> Origin:
    if dataset.origin is None:
        raise ValueError(f"{dataset.source} has no origin")
    return dataset.origin


def _cycle_error(
    first: nn.Module, second: nn.Module, images: Tensor, device: torch.device, precision: Precision
) -> float:
    """Return the mean absolute difference of a value in [-1, 1]."""
    total = 0.0
    there = translate_images(first, images, device, precision)
    for batch, made in zip(torch.split(images, SCORING_BATCH), there, strict=True):
        with torch.inference_mode(), autocast(device, precision):
            again = second(made)
        total += float((again.float() - to_unit_range(batch.to(device))).abs().double().sum())
    return total / images.numel()
