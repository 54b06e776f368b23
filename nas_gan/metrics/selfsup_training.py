"""Training of the network that scores images without labels, from nothing but the images.

By contrast: of two views of each image of a batch, the network has to tell which belong together. The loss is
NT-Xent of Chen, Kornblith, Norouzi and Hinton, "A Simple Framework for Contrastive Learning of Visual Representations"
(2020); as there, the features are what comes before the layer that the loss is computed on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

from nas_gan.metrics.classifier import Classifier, build_classifier
from nas_gan.metrics.views import draw_views

PROJECTION_DIMENSIONS = 128
"""Width of the layer that the loss is computed on."""

LARGEST_SIDE = 64
"""Larger images are shrunk to it, or a processor would take hours to train and to score."""

SIDE_OF_FULL_TRAINING = 32
CHECKED_IMAGES = 200
REPORTS = 8


@dataclass(frozen=True)
class SelfsupConfig:
    """How to train without labels. With these settings 28×28 pixels take a minute on one core."""

    images: int = 32_000
    """To show, two views of each; of images above 32×32 pixels proportionally fewer the larger the side."""
    batch: int = 128
    learning_rate: float = 2e-3
    """The highest, at three tenths of the training."""
    temperature: float = 0.2
    seed: int = 0


@dataclass(frozen=True)
class TrainedNetwork:
    """A network of the classifier's layers, in evaluation mode, whose last layer projects instead of classifying."""

    module: Classifier
    found_again: float
    """In [0, 1]: how many views of held-out images are nearest to the other view of their image."""


def train_selfsup(
    train: Tensor,
    held_out: Tensor,
    config: SelfsupConfig,
    device: torch.device,
    announce: Callable[[str], None],
) -> TrainedNetwork:
    """Train on uint8 images [n, c, h, h], at least two; of those held out, some 200 are for a check alone.

    Every random choice comes from generators seeded with `config.seed`: on a CPU with a given number of threads, the
    same call gives the same bits. `announce` gets eight lines.
    """
    seeder = torch.Generator().manual_seed(config.seed)
    generator = torch.Generator(device).manual_seed(config.seed)
    side = compute_side(train.shape[-1])
    network = build_classifier(train.shape[1], side, PROJECTION_DIMENSIONS, seeder).to(device).train()
    batch = min(config.batch, len(train))
    updates = count_updates(side, batch, config)
    optimiser = torch.optim.Adam(network.parameters(), fused=True)
    schedule = OneCycleLR(optimiser, config.learning_rate, total_steps=updates)
    order = torch.empty(0, dtype=torch.int64)
    for update in range(1, updates + 1):
        if len(order) < batch:
            order = torch.randperm(len(train), generator=seeder)
        index, order = order[:batch], order[batch:]
        loss = compute_contrast(
            *_project_views(network, train[index].to(device), generator), config.temperature
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if update * REPORTS // updates > (update - 1) * REPORTS // updates:
            announce(
                f"self-supervision: {update * batch:,} of {updates * batch:,} images, loss {loss.item():.4f}"
            )
    network.eval()
    # Spread over all of them: data that lies in order has like images side by side.
    checked = held_out[:: max(1, len(held_out) // CHECKED_IMAGES)][:CHECKED_IMAGES]
    with torch.inference_mode():
        projections = _project_views(network, checked.to(device), generator)
    return TrainedNetwork(network, compute_found_again(*projections))


def compute_side(resolution: int) -> int:
    """Return height and width, in pixels, at which images of `resolution` are seen."""
    return min(resolution, LARGEST_SIDE)


def count_updates(side: int, batch: int, config: SelfsupConfig) -> int:
    """Return how many updates the training takes: at least 10, so that the schedule has its ups and downs."""
    images = config.images * min(1.0, SIDE_OF_FULL_TRAINING / side)
    return max(10, int(images) // batch)


def shrink(images: Tensor) -> Tensor:
    """Return uint8 [n, c, h, h] at the side that the network sees: float32 from 0 to 255, or the same where that is
    h.
    """
    side = compute_side(images.shape[-1])
    if side == images.shape[-1]:
        return images
    return F.interpolate(images.to(torch.float32), size=(side, side), mode="bilinear", antialias=True)


def compute_contrast(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Return NT-Xent of projections [n, d] of two views of n images: the mean over the 2n views of the cross-entropy
    of their cosines over `temperature` with all others, where the other view of the same image is right.
    """
    views = F.normalize(torch.cat([first, second]), dim=1)
    cosines = views @ views.T / temperature
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    partners = torch.arange(len(views), device=views.device).roll(len(first))
    return F.cross_entropy(cosines.masked_fill(itself, float("-inf")), partners)


def compute_found_again(first: Tensor, second: Tensor) -> float:
    """Return the share, in [0, 1], of the rows of `first` [n, d] of which the same row of `second` is the nearest by
    cosine.
    """
    cosines = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T
    right = cosines.argmax(1) == torch.arange(len(first), device=first.device)
    return right.double().mean().item()


def _project_views(network: Classifier, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return projections [n, d] of a view of each image, and of another one."""
    seen = shrink(images)
    views = torch.cat([draw_views(seen, generator), draw_views(seen, generator)])
    first, second = network(views).chunk(2)
    return first, second
