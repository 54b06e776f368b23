"""The classifier as a feature extractor: trained once per dataset, then read from the cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, final

import torch
from torch import Tensor

from nas_gan.errors import InputError
from nas_gan.metrics.classifier import FEATURE_DIMENSIONS, Classifier, allocate_classifier, split_images
from nas_gan.metrics.classifier_training import ClassifierConfig, TrainedClassifier, train_classifier
from nas_gan.metrics.extractor import Features
from nas_gan.metrics.scoring_data import LabelledImages, ScoringData
from nas_gan.metrics.store import Facts, Stored, compute_key
from nas_gan.metrics.trained import load_or_train

RECIPE_VERSION = 1
"""Raised whenever the network or its training changes, so that cached weights are left behind."""


@final
@dataclass(frozen=True, eq=False)
class ClassifierExtractor:
    """A trained classifier, in evaluation mode, on the device that extracts."""

    name: ClassVar[str] = "classifier"
    preprocessing: ClassVar[str] = "uint8 / 255"
    feature_dimensions: ClassVar[int] = FEATURE_DIMENSIONS

    classifier: Classifier
    hash: str
    held_out_accuracy: float
    """In [0, 1], on images held out of its training."""

    @torch.inference_mode()
    def extract(self, images: Tensor) -> Features:
        """Return features [n, 1024], activations before dropout, and logits [n, classes] of uint8 [n, c, h, h]."""
        device = next(self.classifier.parameters()).device
        chunks = split_images(images, images.shape[-1])
        features = torch.cat([self.classifier.compute_features(chunk.to(device)) for chunk in chunks])
        return Features(features, self.classifier.logits(features))


def load_classifier(
    data: ScoringData,
    cache: Path,
    device: torch.device,
    announce: Callable[[str], None],
    config: ClassifierConfig,
) -> ClassifierExtractor:
    """Return the classifier of this dataset: out of `cache / "classifiers"`, or trained and put there.

    `announce` gets a line now and then while it trains. InputError for data that can't train a classifier.
    """
    train, held_out, classes = _require_labels(data)
    key = compute_key(
        {
            "version": RECIPE_VERSION,
            "dataset": data.fingerprint,
            "images": [data.channels, data.resolution],
            "classes": classes,
            "config": asdict(config),
        }
    )

    def train_once() -> tuple[Mapping[str, Tensor], Facts]:
        trained = _train(train, held_out, classes, config, device, announce)
        facts = {"held_out_accuracy": trained.held_out_accuracy, "recipe_version": RECIPE_VERSION}
        return trained.module.state_dict(), facts

    folder = cache / "classifiers"
    stored = load_or_train(folder, key, "the classifier that scores", announce, train_once)
    return _restore(stored, data, classes, device)


def _train(
    train: LabelledImages,
    held_out: LabelledImages,
    classes: int,
    config: ClassifierConfig,
    device: torch.device,
    announce: Callable[[str], None],
) -> TrainedClassifier:
    announce(
        f"training the classifier that scores, once, on {len(train.images):,} images of {classes} classes"
    )
    start = time.perf_counter()
    trained = train_classifier(train, held_out, classes, config, device, announce)
    announce(
        f"classifier trained in {time.perf_counter() - start:.0f} s: {trained.held_out_accuracy:.2%} of "
        f"{len(held_out.images):,} held-out images right"
    )
    return trained


def _restore(stored: Stored, data: ScoringData, classes: int, device: torch.device) -> ClassifierExtractor:
    """Use what follows training, too, so that a first run scores with the very same bytes as the next."""
    classifier = allocate_classifier(data.channels, data.resolution, classes)
    classifier.load_state_dict(stored.tensors)
    classifier.eval().requires_grad_(False).to(device)
    return ClassifierExtractor(classifier, stored.sha256, float(stored.facts["held_out_accuracy"]))


def _require_labels(data: ScoringData) -> tuple[LabelledImages, LabelledImages, int]:
    """Return both parts with their labels, and the number of classes; InputError where there is nothing to learn."""
    inception = "with an inception protocol (`inception_weights` or `download`)"
    remedy = f"score without labels (`protocol` selfsup-5k), or {inception}"
    if data.train_labels is None or data.held_out_labels is None:
        raise InputError(f"the dataset has no labels to train the scoring classifier with; {remedy}")
    if data.resolution < 4:
        raise InputError(
            f"images of {data.resolution}×{data.resolution} are too small to classify; score {inception}"
        )
    classes = 1 + max(int(data.train_labels.max()), int(data.held_out_labels.max()))
    if classes < 2:
        raise InputError(f"the dataset has one class only, so no classifier can score it; {remedy}")
    train = LabelledImages(data.train_images, data.train_labels)
    return train, LabelledImages(data.held_out_images, data.held_out_labels), classes
