"""Images from a protocol's noise, and their scores."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from nas_gan.data import DataConfig, Dataset
from nas_gan.errors import InputError
from nas_gan.metrics.interface import GeneratorScorer
from nas_gan.metrics.protocol import Recipe
from nas_gan.metrics.scores import Scores
from nas_gan.nets import Generator, draw_latents, generate_images, to_uint8
from nas_gan.spec import Architecture
from nas_gan.training import Precision, autocast

SCORING_BATCH = 125
"""Images made at once. Larger ones are slower on a CPU, whose caches hold no more."""


@final
@dataclass(frozen=True, eq=False)
class Resources:
    """What all runs of a process share; `images` and `labels` are the training set on the device.

    `origin`: that of the domain that is translated from, where the data is a pair.
    """

    data_config: DataConfig
    dataset: Dataset
    images: Tensor
    labels: Tensor | None
    scorer: GeneratorScorer
    device: torch.device
    origin: Tensor | None = None


def score_generator(
    generator: Generator,
    architecture: Architecture,
    resources: Resources,
    precision: Precision,
    *,
    full: bool,
) -> Scores:
    """Score a generator in evaluation mode under the protocol of the resources; `full`: also by the scores
    that take longer than the others together (`nas_gan.metrics.scorer.Scorer.score`).
    """
    count = resources.scorer.protocol.sample_count
    images = generate(generator, architecture, resources, count, precision)
    return resources.scorer.score(images, choose_labels(architecture, resources, count), full)


def check_real(dataset: Dataset, recipe: Recipe) -> None:
    """Raise InputError where a dataset has too few images for `score_real`; needs no extractor."""
    count = len(dataset.train.images)
    if count < recipe.sample_count:
        raise InputError(
            f"{dataset.source}: {count} images to train on; protocol {recipe.name} "
            f"takes {recipe.sample_count}; use one that takes fewer, such as classifier-1k",
            setting="data",
        )


def score_real(resources: Resources) -> Scores:
    """Score real images in a generator's place, fully: as many of the training set as the protocol takes, in
    an order that its seed gives. There have to be as many (`check_real`).
    """
    train, protocol = resources.dataset.train, resources.scorer.protocol
    order = torch.randperm(len(train.images), generator=torch.Generator().manual_seed(protocol.seed))
    chosen = order[: protocol.sample_count]
    labels = None if train.labels is None else train.labels[chosen]
    batches = (train.images[index].to(resources.device) for index in torch.split(chosen, SCORING_BATCH))
    return resources.scorer.score(batches, labels, full=True)


def generate(
    generator: Generator, architecture: Architecture, resources: Resources, count: int, precision: Precision
) -> Iterator[Tensor]:
    """Return batches of `count` images uint8 in all (points: float32), from the protocol's noise: the same on every
    device. The generator computes in `precision`.

    Their labels are those of `choose_labels`.
    """
    network, seed = architecture.latent_generator, resources.scorer.protocol.seed
    # Laid out so, a CPU makes images in half the time; the generator itself may be trained on, and stays as it is.
    laid_out = copy.deepcopy(generator).to(memory_format=torch.channels_last)
    latents = draw_latents(count, network.latent_dim, network.latent_distribution, seed)
    labels = choose_labels(architecture, resources, count)
    labels = None if labels is None else labels.to(resources.device)

    def compute(latents: Tensor, labels: Tensor | None) -> Tensor:
        with autocast(resources.device, precision):
            images: Tensor = laid_out(latents, labels)
        return images.float()

    made = generate_images(compute, latents.to(resources.device), labels, SCORING_BATCH)
    return made if architecture.image.is_points else map(to_uint8, made)


def choose_labels(architecture: Architecture, resources: Resources, count: int) -> Tensor | None:
    """Return labels int64 [count] for a conditional generator, in the training set's proportions; None for others."""
    known = resources.dataset.train.labels
    return spread_labels(known, count) if architecture.conditional and known is not None else None


def spread_labels(labels: Tensor, count: int) -> Tensor:
    """Return `count` labels in the proportions of `labels`, without chance: evenly spaced in their sorted order."""
    in_order = labels.sort().values
    places = (torch.arange(count) + 0.5) * (len(in_order) / count)
    return in_order[places.long()]
