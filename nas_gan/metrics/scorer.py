"""From generated images to scores, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import torch
from torch import Tensor

from nas_gan.metrics.extractor import FeatureExtractor
from nas_gan.metrics.feature_sample import FeatureSample
from nas_gan.metrics.frechet import compute_frechet_distance
from nas_gan.metrics.inception_score import compute_inception_score
from nas_gan.metrics.kernel import compute_kernel_distance
from nas_gan.metrics.protocol import ScoreProtocol
from nas_gan.metrics.reference import RealReference
from nas_gan.metrics.scores import Scores
from nas_gan.metrics.statistics import Moments


@final
class Scorer:
    """Scores generators under one protocol. Holds no state between calls; `build_scorer` makes one."""

    def __init__(
        self, extractor: FeatureExtractor, reference: RealReference, protocol: ScoreProtocol
    ) -> None:
        self.extractor = extractor
        self.reference = reference
        self.protocol = protocol

    def score(self, images: Iterable[Tensor], kernel: bool = False) -> Scores:
        """Scores of `protocol.sample_count` generated images, batches of uint8 [n, c, h, w], in any order.

        The kernel distance takes longer than the others together, so it is computed where `kernel` asks for
        it. ValueError when the images are more or fewer than the protocol says.
        """
        protocol = self.protocol
        moments = Moments(self.extractor.feature_dimensions)
        sample = FeatureSample(
            protocol.sample_count, protocol.kernel_features if kernel else 0, protocol.seed
        )
        logits = []
        for batch in images:
            seen = self.extractor.extract(batch)
            moments.update(seen.features)
            sample.update(seen.features)
            logits.append(seen.logits)
        if moments.count != protocol.sample_count:
            raise ValueError(
                f"protocol {protocol.name} takes {protocol.sample_count} images, not {moments.count}"
            )
        inception_score = compute_inception_score(self._shuffle(torch.cat(logits).cpu()), protocol.splits)
        return Scores(
            images=moments.count,
            inception_score=inception_score.mean,
            inception_score_deviation=inception_score.deviation,
            frechet_distance=compute_frechet_distance(self.reference.statistics, moments),
            kernel_distance=self._compute_kernel_distance(sample.features) if kernel else None,
            protocol_fingerprint=protocol.fingerprint(),
        )

    def _shuffle(self, rows: Tensor) -> Tensor:
        """The same rows in an order that the protocol fixes, so that each split sees every class."""
        generator = torch.Generator().manual_seed(self.protocol.seed)
        return rows[torch.randperm(len(rows), generator=generator)]

    def _compute_kernel_distance(self, features: Tensor) -> float:
        generator = torch.Generator().manual_seed(self.protocol.seed)
        subsets, size = self.protocol.kernel_subsets, self.protocol.kernel_subset_size
        return compute_kernel_distance(self.reference.features, features, subsets, size, generator).mean


def to_uint8(images: Tensor) -> Tensor:
    """Floats in [-1, 1], as generators make them, to the nearest uint8: clipped beyond, NaN to mid-grey."""
    return images.nan_to_num(nan=0.0).add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
