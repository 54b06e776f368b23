"""What a scorer keeps of the real images: statistics and a sample of features, computed once and cached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from nas_gan.metrics.class_frechet import ClassStatistics, compute_class_statistics
from nas_gan.metrics.extractor import FeatureExtractor
from nas_gan.metrics.feature_sample import FeatureSample
from nas_gan.metrics.frechet import RealStatistics, compute_real_statistics
from nas_gan.metrics.protocol import ScoreProtocol
from nas_gan.metrics.similarity import compute_class_similarity
from nas_gan.metrics.statistics import Moments
from nas_gan.metrics.store import Stored, compute_key, load_stored, save_stored

STATISTICS_VERSION = 3
"""Raised whenever their computation changes, so that cached ones are left behind."""

IMAGES_AT_ONCE = 1_000


@dataclass(frozen=True, eq=False)
class RealReference:
    """The real side of a comparison."""

    statistics: RealStatistics
    features: Tensor
    """float32 [k, d], for the kernel distance: k is `kernel_features`, or all where there are fewer."""
    classes: tuple[ClassStatistics, ...]
    """Of each class; none where the images have no labels, or a class has fewer than two."""
    class_similarity: float | None
    """Mean structural similarity of two images of a class (of any two, without labels), to compare with."""


def load_reference(
    images: Tensor,
    labels: Tensor | None,
    extractor: FeatureExtractor,
    protocol: ScoreProtocol,
    cache: Path,
    announce: Callable[[str], None],
) -> RealReference:
    """Return what to compare with, of uint8 images [n, c, h, w] and their labels int64 [n]: out of
    `cache / "statistics"`, or put there.

    `announce` gets a line when it has to be made. ValueError for fewer than two images.
    """
    identity: dict[str, str | int | float] = {
        "version": STATISTICS_VERSION,
        "dataset": protocol.reference_fingerprint,
        "reference": protocol.reference,
        "count": protocol.reference_count,
        "labelled": labels is not None,
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
        reference = compute_reference(images, labels, extractor, protocol)
        similarity = reference.class_similarity
        facts = identity if similarity is None else {**identity, "class_similarity": similarity}
        stored = save_stored(folder, key, _name_tensors(reference), facts)
    return _restore(stored, protocol.reference_count)


def compute_reference(
    images: Tensor, labels: Tensor | None, extractor: FeatureExtractor, protocol: ScoreProtocol
) -> RealReference:
    """Return the same without a cache."""
    moments = Moments(extractor.feature_dimensions)
    sample = FeatureSample(len(images), protocol.kernel_features, protocol.seed)
    kept = []
    for batch in torch.split(images, IMAGES_AT_ONCE):
        features = extractor.extract(batch).features
        moments.update(features)
        sample.update(features)
        if labels is not None:
            kept.append(features.cpu())
    return RealReference(
        statistics=compute_real_statistics(moments),
        features=sample.features,
        classes=() if labels is None else compute_class_statistics(torch.cat(kept), labels),
        class_similarity=compute_class_similarity(images, labels, protocol.seed),
    )


def _name_tensors(reference: RealReference) -> dict[str, Tensor]:
    statistics = reference.statistics
    named = {
        "mean": statistics.mean,
        "covariance": statistics.covariance,
        "covariance_root": statistics.covariance_root,
        "features": reference.features,
    }
    for number, of_class in enumerate(reference.classes):
        named |= {f"class_mean.{number}": of_class.mean, f"class_factor.{number}": of_class.factor}
    return named


def _restore(stored: Stored, count: int) -> RealReference:
    tensors = stored.tensors
    classes = sum(name.startswith("class_mean.") for name in tensors)
    similarity = stored.facts.get("class_similarity")
    return RealReference(
        RealStatistics(count, tensors["mean"], tensors["covariance"], tensors["covariance_root"]),
        tensors["features"],
        tuple(
            ClassStatistics(tensors[f"class_mean.{number}"], tensors[f"class_factor.{number}"])
            for number in range(classes)
        ),
        None if similarity is None else float(similarity),
    )
