"""A feature extractor for images without labels: trained once per dataset from its images alone, then read from the
cache.

Each dataset has its own, so scores compare within that data alone, as a protocol's hash of the weights says.
"""

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
from nas_gan.metrics.extractor import Features
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.metrics.selfsup_training import (
    LARGEST_SIDE,
    PROJECTION_DIMENSIONS,
    SelfsupConfig,
    compute_side,
    shrink,
    train_selfsup,
)
from nas_gan.metrics.store import Facts, Stored, compute_key
from nas_gan.metrics.trained import load_or_train

RECIPE_VERSION = 1
"""Raised whenever the network, its views or its training change, so that cached weights are left behind."""


@final
@dataclass(frozen=True, eq=False)
class SelfsupExtractor:
    """A network that learned without labels, in evaluation mode, on the device that extracts."""

    name: ClassVar[str] = "selfsup"
    preprocessing: ClassVar[str] = f"bilinear to {LARGEST_SIDE}×{LARGEST_SIDE} where larger, uint8 / 255"
    feature_dimensions: ClassVar[int] = FEATURE_DIMENSIONS

    network: Classifier
    hash: str
    found_again: float
    """In [0, 1]: how many views of held-out images were nearest to the other view of their image."""

    @torch.inference_mode()
    def extract(self, images: Tensor) -> Features:
        """Return features [n, 1024], activations before the projection, of uint8 [n, c, h, h]; no logits."""
        device = next(self.network.parameters()).device
        chunks = split_images(images, compute_side(images.shape[-1]))
        return Features(
            torch.cat([self.network.compute_features(shrink(chunk.to(device))) for chunk in chunks]), None
        )


def load_selfsup(
    data: ScoringData,
    cache: Path,
    device: torch.device,
    announce: Callable[[str], None],
    config: SelfsupConfig,
) -> SelfsupExtractor:
    """Return the extractor of this dataset: out of `cache / "selfsup"`, or trained and put there.

    `announce` gets a line now and then while it trains. Labels aren't looked at. InputError for images too few or too
    small.
    """
    _check(data)
    key = compute_key(
        {
            "version": RECIPE_VERSION,
            "dataset": data.fingerprint,
            "images": [data.channels, data.resolution],
            "config": asdict(config),
        }
    )

    def train_once() -> tuple[Mapping[str, Tensor], Facts]:
        count = len(data.train_images)
        announce(f"training the network that scores, once, on {count:,} images without their labels")
        start = time.perf_counter()
        trained = train_selfsup(data.train_images, data.held_out_images, config, device, announce)
        announce(
            f"network trained in {time.perf_counter() - start:.0f} s: it finds {trained.found_again:.2%} of held-out "
            "images again in another view"
        )
        return trained.module.state_dict(), {
            "found_again": trained.found_again,
            "recipe_version": RECIPE_VERSION,
        }

    stored = load_or_train(cache / "selfsup", key, "the network that scores", announce, train_once)
    return _restore(stored, data, device)


def _restore(stored: Stored, data: ScoringData, device: torch.device) -> SelfsupExtractor:
    """Use what follows training, too, so that a first run scores with the very same bytes as the next."""
    network = allocate_classifier(data.channels, compute_side(data.resolution), PROJECTION_DIMENSIONS)
    network.load_state_dict(stored.tensors)
    network.eval().requires_grad_(False).to(device)
    return SelfsupExtractor(network, stored.sha256, float(stored.facts["found_again"]))


def _check(data: ScoringData) -> None:
    remedy = "score with an inception protocol (`inception_weights` or `download`)"
    if data.resolution < 4:
        raise InputError(
            f"images of {data.resolution}×{data.resolution} are too small to learn from; {remedy}"
        )
    if len(data.train_images) < 2:
        raise InputError(f"one image teaches nothing about how images differ; give more, or {remedy}")
