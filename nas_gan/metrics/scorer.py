"""From generated images to scores, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import final

import torch
from torch import Tensor

from nas_gan.metrics.class_frechet import compute_class_distances, compute_class_statistics
from nas_gan.metrics.class_shares import compute_class_shares, effective_number
from nas_gan.metrics.extractor import FeatureExtractor
from nas_gan.metrics.feature_sample import FeatureSample
from nas_gan.metrics.frechet import compute_frechet_distance
from nas_gan.metrics.inception_score import InceptionScore, compute_inception_score
from nas_gan.metrics.kernel import compute_kernel_distance
from nas_gan.metrics.protocol import ScoreProtocol
from nas_gan.metrics.reference import RealReference
from nas_gan.metrics.scores import Scores
from nas_gan.metrics.similarity import compute_class_similarity
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

    def score(self, batches: Iterable[Tensor], labels: Tensor | None = None, full: bool = False) -> Scores:
        """Return scores of `protocol.sample_count` generated images, batches of uint8 [n, c, h, w].

        `full` asks for what takes longer than the rest together: the kernel distance, the similarity within
        a class, the shares of classes that a classifier finds and, where there are labels, the Fréchet distance of
        each class. `labels`, int64
        [sample_count], are those that the images were made for; the classes' distances stay None where a
        class has fewer than two images, real or generated. ValueError when the images are more or fewer
        than the protocol says.
        """
        protocol = self.protocol
        moments = Moments(self.extractor.feature_dimensions)
        logits: list[Tensor] = []
        normalise = True
        features, images = [], []
        for batch in batches:
            seen = self.extractor.extract(batch)
            moments.update(seen.features)
            if seen.logits is not None:
                logits.append(seen.logits)
                normalise = seen.normalised
            if full:
                features.append(seen.features.cpu())
                images.append(batch.cpu())
        if moments.count != protocol.sample_count:
            raise ValueError(
                f"protocol {protocol.name} takes {protocol.sample_count} images, not {moments.count}"
            )
        inception = self._compute_inception_score(torch.cat(logits), normalise) if logits else None
        scores = Scores(
            images=moments.count,
            protocol_fingerprint=protocol.fingerprint(),
            inception_score=None if inception is None else inception.mean,
            inception_score_deviation=None if inception is None else inception.deviation,
            frechet_distance=compute_frechet_distance(self.reference.statistics, moments),
        )
        if not full:
            return scores
        if logits and self.extractor.name == "classifier":  # whose classes are the data's
            shares = compute_class_shares(torch.cat(logits))
            scores = replace(scores, class_shares=shares, effective_classes=effective_number(shares))
        return self._complete(scores, torch.cat(features), torch.cat(images), labels)

    def _complete(self, scores: Scores, features: Tensor, images: Tensor, labels: Tensor | None) -> Scores:
        """Return the scores with those that only `full` asks for."""
        distances = None
        if labels is not None:
            generated = compute_class_statistics(features, labels)
            distances = compute_class_distances(self.reference.classes, generated)
        return replace(
            scores,
            kernel_distance=self._compute_kernel_distance(features),
            class_frechet_distances=distances,
            mean_class_frechet_distance=None if distances is None else sum(distances) / len(distances),
            class_similarity=compute_class_similarity(images, labels, self.protocol.seed),
        )

    def _compute_inception_score(self, logits: Tensor, normalise: bool) -> InceptionScore:
        """Score the images in an order that the protocol fixes, so that each split sees every class."""
        generator = torch.Generator().manual_seed(self.protocol.seed)
        order = torch.randperm(len(logits), generator=generator)
        return compute_inception_score(logits.cpu()[order], self.protocol.splits, normalise=normalise)

    def _compute_kernel_distance(self, features: Tensor) -> float:
        protocol = self.protocol
        sample = FeatureSample(len(features), protocol.kernel_features, protocol.seed)
        sample.update(features)
        generator = torch.Generator().manual_seed(protocol.seed)
        subsets, size = protocol.kernel_subsets, protocol.kernel_subset_size
        return compute_kernel_distance(
            self.reference.features, sample.features, subsets, size, generator
        ).mean
