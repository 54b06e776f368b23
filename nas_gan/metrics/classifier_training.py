"""Training of the classifier that scores.

Adam, one cycle of the learning rate, dropout, and shifts of a few pixels that cease towards the end. Those
make it right about new images, and the end without them sure of itself, as an Inception Score near the number
of classes takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

from nas_gan.metrics.classifier import Classifier, build_classifier
from nas_gan.metrics.scoring_data import LabelledImages

EVALUATION_BATCH = 200
LOOKS_AN_EPOCH = 10


@dataclass(frozen=True)
class ClassifierConfig:
    """How to train a classifier. With these settings 4,000 digits take half a minute on one core."""

    epochs: int = 12
    images_at_most: int = 360_000
    """Fewer epochs where they would show more images than this; at least one."""
    batch: int = 64
    learning_rate: float = 2e-3
    """The highest, at three tenths of the training."""
    shift: int = 2
    """Pixels an image is moved by at most, up or down and left or right."""
    dropout: float = 0.5
    stop_accuracy: float | None = None
    """Share of held-out images, in (0, 1], at which training stops; None for never. Looked at ten times an epoch."""
    seed: int = 0


THESIS = ClassifierConfig(shift=0, stop_accuracy=0.9809)
"""Stops where Yamazaki's thesis (2017, appendix B) did, and shows the digits where they are."""


@dataclass(frozen=True)
class TrainedClassifier:
    """A trained network, in evaluation mode."""

    module: Classifier
    held_out_accuracy: float
    """In [0, 1], on images held out of its training."""


def train_classifier(
    train: LabelledImages,
    held_out: LabelledImages,
    classes: int,
    config: ClassifierConfig,
    device: torch.device,
    announce: Callable[[str], None],
) -> TrainedClassifier:
    """Train a classifier on uint8 images [n, c, h, h] with int64 labels [n] in [0, classes).

    Every random choice comes from generators seeded with `config.seed`: on a CPU with a given number of
    threads, the same call gives the same bits. `announce` gets one line an epoch.
    """
    images, labels = train.images.to(device), train.labels.to(device)
    seeder = torch.Generator().manual_seed(config.seed)
    generator = torch.Generator(device).manual_seed(config.seed)
    classifier = build_classifier(images.shape[1], images.shape[-1], classes, seeder).to(device).train()
    epochs = min(config.epochs, max(1, config.images_at_most // len(images)))
    batches = -(-len(images) // config.batch)
    optimiser = torch.optim.Adam(classifier.parameters(), fused=True)
    schedule = OneCycleLR(optimiser, config.learning_rate, total_steps=epochs * batches)
    stops = _Stop(config.stop_accuracy, held_out, max(1, batches // LOOKS_AN_EPOCH))
    for epoch in range(epochs):
        shift = compute_shift(epoch, epochs, config.shift)
        for index in torch.split(torch.randperm(len(images), generator=seeder).to(device), config.batch):
            features = classifier.compute_features(shift_images(images, index, shift, generator))
            kept = torch.empty_like(features).bernoulli_(1 - config.dropout, generator=generator)
            logits = classifier.logits(features * kept / (1 - config.dropout))
            loss = F.cross_entropy(logits, labels[index])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            if stops.after_step(classifier):
                break
        announce(f"classifier: epoch {epoch + 1} of {epochs}, loss {loss.item():.4f}")
        if stops.reached:
            break
    classifier.eval()
    return TrainedClassifier(classifier, compute_accuracy(classifier, *held_out))


@final
class _Stop:
    """Looks at the held-out images now and then, and says whether enough of them are right."""

    def __init__(self, accuracy: float | None, held_out: LabelledImages, steps: int) -> None:
        self._accuracy = accuracy
        self._held_out = held_out
        self._steps = steps
        self._taken = 0
        self.reached = False

    def after_step(self, classifier: Classifier) -> bool:
        self._taken += 1
        if self._accuracy is not None and self._taken % self._steps == 0:
            classifier.eval()
            self.reached = compute_accuracy(classifier, *self._held_out) >= self._accuracy
            classifier.train()
        return self.reached


def compute_shift(epoch: int, epochs: int, largest: int) -> int:
    """Return pixels an image may move by in `epoch`: fewer and fewer, and 0 in the last third of the epochs."""
    return round(largest * max(0.0, 1 - 1.5 * epoch / epochs))


def shift_images(images: Tensor, index: Tensor, shift: int, generator: torch.Generator) -> Tensor:
    """Return the images at `index`, each moved by up to `shift` pixels both ways; the border's pixels are repeated.

    uint8 [n, c, h, w] and int64 [b] to uint8 [b, c, h, w], channels last.
    """
    offsets = torch.randint(-shift, shift + 1, (2, len(index), 1), generator=generator, device=images.device)
    height, width = images.shape[2:]
    rows = (torch.arange(height, device=images.device) + offsets[0]).clamp_(0, height - 1)
    columns = (torch.arange(width, device=images.device) + offsets[1]).clamp_(0, width - 1)
    return images[index[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


@torch.inference_mode()
def compute_accuracy(classifier: Classifier, images: Tensor, labels: Tensor) -> float:
    """Return the share, in [0, 1], of uint8 images [n, c, h, h] whose largest logit is at their label."""
    device = next(classifier.parameters()).device
    batches = torch.split(images, EVALUATION_BATCH)
    predictions = torch.cat([classifier(batch.to(device)).argmax(1).cpu() for batch in batches])
    return (predictions == labels.cpu()).double().mean().item()
