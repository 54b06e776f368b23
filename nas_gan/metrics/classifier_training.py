"""Training of the classifier that scores: Adam, one cycle of the learning rate, shifts of a few pixels, dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

from nas_gan.metrics.classifier import Classifier, build_classifier

EVALUATION_BATCH = 200


@dataclass(frozen=True)
class ClassifierConfig:
    """How to train a classifier. It is trained for `epochs`, or fewer where that would be over `images_at_most`."""

    epochs: int = 15
    images_at_most: int = 240_000
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.0
    shift: int = 2
    dropout: float = 0.5
    seed: int = 0


@dataclass(frozen=True)
class TrainedClassifier:
    """A trained network, in evaluation mode, and its accuracy in [0, 1] on images held out of its training."""

    module: Classifier
    held_out_accuracy: float


def train_classifier(
    train: tuple[Tensor, Tensor],
    held_out: tuple[Tensor, Tensor],
    classes: int,
    config: ClassifierConfig,
    device: torch.device,
    announce: Callable[[str], None],
) -> TrainedClassifier:
    """Train a classifier on uint8 images [n, c, h, h] with int64 labels [n] in [0, classes).

    Every random choice comes from generators seeded with `config.seed`: on a CPU with a given number of threads,
    the same call gives the same bits. `announce` gets one line an epoch.
    """
    images, labels = train[0].to(device), train[1].to(device)
    seeder = torch.Generator().manual_seed(config.seed)
    generator = torch.Generator(device).manual_seed(config.seed)
    classifier = build_classifier(images.shape[1], images.shape[-1], classes, seeder).to(device).train()
    epochs = min(config.epochs, max(1, config.images_at_most // len(images)))
    batches = -(-len(images) // config.batch)
    optimiser = torch.optim.AdamW(classifier.parameters(), weight_decay=config.weight_decay, fused=True)
    schedule = OneCycleLR(optimiser, config.learning_rate, total_steps=epochs * batches)
    for epoch in range(epochs):
        for index in draw_order(len(images), config.batch, seeder):
            features = classifier.compute_features(shift_images(images, index.to(device), config.shift, generator))
            kept = torch.empty_like(features).bernoulli_(1 - config.dropout, generator=generator)
            logits = classifier.logits(features * kept / (1 - config.dropout))
            loss = F.cross_entropy(logits, labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        announce(f"classifier: epoch {epoch + 1} of {epochs}, loss {loss.item():.4f}")
    classifier.eval()
    return TrainedClassifier(classifier, compute_accuracy(classifier, *held_out))


def draw_order(count: int, batch: int, generator: torch.Generator) -> Iterator[Tensor]:
    """The indices of one epoch in random order, int64 [at most `batch`] at a time."""
    return iter(torch.randperm(count, generator=generator).split(batch))


def shift_images(images: Tensor, index: Tensor, shift: int, generator: torch.Generator) -> Tensor:
    """The images at `index`, each moved by up to `shift` pixels both ways; the border's pixels are repeated.

    uint8 [n, c, h, w] and int64 [b] to uint8 [b, c, h, w], channels last.
    """
    offsets = torch.randint(-shift, shift + 1, (2, len(index), 1), generator=generator, device=images.device)
    height, width = images.shape[2:]
    rows = (torch.arange(height, device=images.device) + offsets[0]).clamp_(0, height - 1)
    columns = (torch.arange(width, device=images.device) + offsets[1]).clamp_(0, width - 1)
    return images[index[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


@torch.inference_mode()
def compute_accuracy(classifier: Classifier, images: Tensor, labels: Tensor) -> float:
    """Share, in [0, 1], of uint8 images [n, c, h, h] whose largest logit is at their label."""
    device = next(classifier.parameters()).device
    right = 0
    for batch, truth in zip(images.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True):
        right += int((classifier(batch.to(device)).argmax(1) == truth.to(device)).sum())
    return right / len(images)
