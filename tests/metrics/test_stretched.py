"""Images stretched to their own range, and probabilities clipped from below."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nas_gan.metrics.build import build_scorer
from nas_gan.metrics.extractor import Features
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
