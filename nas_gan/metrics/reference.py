"""What a scorer keeps of the real images: statistics and a sample of features, computed once and cached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from nas_gan.metrics.extractor import FeatureExtractor
from nas_gan.metrics.feature_sample import FeatureSample
from nas_gan.metrics.frechet import RealStatistics, compute_real_statistics
from nas_gan.metrics.protocol import ScoreProtocol
from nas_gan.metrics.statistics import Moments
from nas_gan.metrics.store import compute_key, load_stored, save_stored

STATISTICS_VERSION = 2
"""Raised whenever their computation changes, so that cached ones are left behind."""

IMAGES_AT_ONCE = 1_000


@dataclass(frozen=True, eq=False)
class RealReference:
    """The real side of a comparison."""

    statistics: RealStatistics
    features: Tensor
    """float32 [k, d], for the kernel distance: k is `kernel_features`, or all where there are fewer."""


def load_reference(
    images: Tensor,
    extractor: FeatureExtractor,
    protocol: ScoreProtocol,
    cache: Path,
    announce: Callable[[str], None],
) -> RealReference:
    """What to compare with, of uint8 images [n, c, h, w]: out of `cache / "statistics"`, or put there.

    `announce` gets a line when it has to be made. ValueError for fewer than two images.
    """
    identity: dict[str, str | int | float] = {
        "version": STATISTICS_VERSION,
        "dataset": protocol.reference_fingerprint,
        "reference": protocol.reference,
        "count": protocol.reference_count,
        "resolution": protocol.resolution,
        "preprocessing": protocol.preprocessing,
        "extractor": protocol.extractor_hash,
        "kernel_features": protocol.kernel_features,
        "seed": protocol.seed,
    }
    key, folder = compute_key(identity), cache / "statistics"
    stored = load_stored(folder, key)
    if stored is None:
        announce(f"computing the statistics of {len(images):,} real images, once")
        reference = compute_reference(images, extractor, protocol)
        statistics = reference.statistics
        stored = save_stored(
            folder,
            key,
            {
                "mean": statistics.mean,
                "covariance": statistics.covariance,
                "covariance_root": statistics.covariance_root,
                "features": reference.features,
            },
            identity,
        )
    tensors = stored.tensors
    statistics = RealStatistics(
        protocol.reference_count, tensors["mean"], tensors["covariance"], tensors["covariance_root"]
    )
    return RealReference(statistics, tensors["features"])


def compute_reference(images: Tensor, extractor: FeatureExtractor, protocol: ScoreProtocol) -> RealReference:
    """The same without a cache."""
    moments = Moments(extractor.feature_dimensions)
    sample = FeatureSample(len(images), protocol.kernel_features, protocol.seed)
    for batch in torch.split(images, IMAGES_AT_ONCE):
        features = extractor.extract(batch).features
        moments.update(features)
        sample.update(features)
    return RealReference(compute_real_statistics(moments), sample.features)
