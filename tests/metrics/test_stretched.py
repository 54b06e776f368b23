"""Images stretched to their own range, and probabilities clipped from below."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from nas_gan.metrics.build import build_scorer
from nas_gan.metrics.extractor import Features
from nas_gan.metrics.inception_score import compute_inception_score
from nas_gan.metrics.protocol import ProtocolRecipe
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.metrics.stretched import StretchedExtractor, stretch


class _Seen:
    """An extractor that keeps what it was given, and is certain of the first of two classes."""

    name, hash, preprocessing, feature_dimensions = "seen", "00", "none", 1

    def extract(self, images: Tensor) -> Features:
        self.images = images
        logits = torch.tensor([[20.0, 0.0]]).expand(len(images), 2)
        return Features(torch.zeros(len(images), 1), logits)


def test_an_image_takes_the_whole_range() -> None:
    images = torch.tensor([[10, 20], [30, 60]], dtype=torch.uint8).reshape(1, 1, 2, 2)
    assert stretch(images).flatten().tolist() == [0, 51, 102, 255]
    even = torch.full((1, 3, 2, 2), 77, dtype=torch.uint8)
    assert int(stretch(even).max()) == 0
    assert torch.equal(stretch(stretch(images)), stretch(images))


def test_each_image_has_its_own_range() -> None:
    images = torch.stack([torch.arange(4), torch.arange(4) + 100]).reshape(2, 1, 2, 2).to(torch.uint8)
    first, second = stretch(images)
    assert torch.equal(first, second)


def test_probabilities_are_clipped_from_below() -> None:
    inner = _Seen()
    extractor = StretchedExtractor(inner)
    seen = extractor.extract(torch.tensor([[0, 100]], dtype=torch.uint8).reshape(1, 1, 1, 2))
    assert inner.images.flatten().tolist() == [0, 255]
    assert seen.logits is not None
    assert seen.logits[0].tolist() == pytest.approx([0.0, math.log(1e-4)], abs=1e-6)
    assert "stretched" in extractor.preprocessing
    assert "0.0001" in extractor.preprocessing


def test_the_score_is_that_of_the_published_code() -> None:
    """chainer's inception_score in numpy: exp of the mean of Σ p (log p - log mean p), p clipped and left so."""
    logits = 9 * torch.randn(60, 1008, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    probabilities = logits.softmax(1).clamp_min(1e-4).numpy()
    expected = []
    for part in np.split(probabilities, 3):
        divergence = part * (np.log(part) - np.log(part.mean(axis=0, keepdims=True)))
        expected.append(np.exp(divergence.sum(axis=1).mean()))
    logarithms = torch.from_numpy(np.log(probabilities))
    score = compute_inception_score(logarithms, 3, normalise=False)
    assert score.mean == pytest.approx(np.mean(expected), rel=1e-12)
    assert score.deviation == pytest.approx(np.std(expected), rel=1e-9)
    assert score.mean > 1.05 * compute_inception_score(logarithms, 3).mean


def test_clipped_probabilities_are_scored_as_they_are(bars: ScoringData, tmp_path: Path) -> None:
    recipe = ProtocolRecipe("stretched", "classifier", 200, 2, "held_out", 2, 50, 100, stretched=True)
    scorer = build_scorer(recipe, bars, tmp_path, torch.device("cpu"), lambda _: None)
    images = bars.train_images[:200]
    seen = scorer.extractor.extract(images)
    assert seen.logits is not None
    order = torch.randperm(200, generator=torch.Generator().manual_seed(0))
    own = compute_inception_score(seen.logits[order], 2, normalise=False)
    assert scorer.score([images]).inception_score == own.mean
    assert own.mean != compute_inception_score(seen.logits[order], 2).mean


def test_a_protocol_of_its_own(bars: ScoringData, tmp_path: Path) -> None:
    plain = ProtocolRecipe("plain", "classifier", 200, 2, "held_out", 2, 50, 100)
    stretched = ProtocolRecipe("stretched", "classifier", 200, 2, "held_out", 2, 50, 100, stretched=True)
    scorers = [
        build_scorer(recipe, bars, tmp_path, torch.device("cpu"), lambda _: None)
        for recipe in (plain, stretched)
    ]
    fingerprints = {scorer.protocol.fingerprint() for scorer in scorers}
    assert len(fingerprints) == 2
    # Against images that were stretched the same way, the real images are themselves.
    assert scorers[1].score([bars.held_out_images]).frechet_distance == pytest.approx(0, abs=1e-6)
    pale = bars.held_out_images // 4
    assert scorers[0].score([pale]).frechet_distance != pytest.approx(0, abs=1e-3)
    assert scorers[1].score([pale]).frechet_distance < scorers[0].score([pale]).frechet_distance  # type: ignore[operator]
