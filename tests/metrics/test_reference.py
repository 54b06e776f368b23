from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nas_gan.metrics.extractor import Features
from nas_gan.metrics.protocol import ScoreProtocol
from nas_gan.metrics.reference import RealReference, load_reference

PROTOCOL = ScoreProtocol(
    name="any",
    extractor="pixels",
    extractor_hash="abc",
    preprocessing="none",
    resolution=2,
    sample_count=50,
    splits=1,
    seed=0,
    reference="held_out",
    reference_count=50,
    reference_fingerprint="def",
    kernel_subsets=1,
    kernel_subset_size=10,
    kernel_features=20,
)
IMAGES = torch.randint(0, 256, (50, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(50) % 3


class PixelExtractor:
    """Takes the pixels for the features, and counts how often it is asked."""

    name = "pixels"
    hash = "abc"
    preprocessing = "none"
    feature_dimensions = 4

    def __init__(self) -> None:
        self.calls = 0

    def extract(self, images: Tensor) -> Features:
        self.calls += 1
        pixels = images.flatten(1).float()
        return Features(pixels, pixels)


def load(protocol: ScoreProtocol, cache: Path) -> tuple[RealReference, int, list[str]]:
    extractor, announced = PixelExtractor(), list[str]()
    reference = load_reference(IMAGES, LABELS, extractor, protocol, cache, announced.append)
    return reference, extractor.calls, announced


def test_it_holds_the_statistics_of_all_images_and_features_of_some(tmp_path: Path) -> None:
    reference, calls, announced = load(PROTOCOL, tmp_path)
    pixels = IMAGES.flatten(1).double().numpy()
    assert calls == 1
    assert announced == ["computing the statistics of 50 real images, once"]
    assert reference.statistics.count == 50
    np.testing.assert_allclose(reference.statistics.mean, pixels.mean(0))
    np.testing.assert_allclose(reference.statistics.covariance, np.cov(pixels, rowvar=False))
    assert reference.features.shape == (20, 4)
    assert len(reference.classes) == 3
    np.testing.assert_allclose(reference.classes[1].mean, pixels[LABELS == 1].mean(0))
    assert {tuple(row) for row in reference.features.tolist()} <= {tuple(row) for row in pixels.tolist()}


def test_it_is_made_once(tmp_path: Path) -> None:
    made, _, _ = load(PROTOCOL, tmp_path)
    read, calls, announced = load(PROTOCOL, tmp_path)
    assert calls == 0
    assert announced == []
    assert read.statistics.count == made.statistics.count
    assert torch.equal(read.statistics.mean, made.statistics.mean)
    assert torch.equal(read.statistics.covariance, made.statistics.covariance)
    assert torch.equal(read.statistics.covariance_root, made.statistics.covariance_root)
    assert torch.equal(read.features, made.features)
    assert read.class_similarity == made.class_similarity is not None
    assert len(read.classes) == len(made.classes) == 3
    for kept, fresh in zip(read.classes, made.classes, strict=True):
        assert torch.equal(kept.mean, fresh.mean)
        assert torch.equal(kept.factor, fresh.factor)


def test_what_it_depends_on_is_its_key(tmp_path: Path) -> None:
    load(PROTOCOL, tmp_path)
    different = [
        replace(PROTOCOL, extractor_hash="x"),
        replace(PROTOCOL, preprocessing="x"),
        replace(PROTOCOL, reference_fingerprint="x"),
        replace(PROTOCOL, reference="train"),
        replace(PROTOCOL, resolution=3),
    ]
    assert [load(protocol, tmp_path)[1] for protocol in different] == [1] * 5
    assert load(replace(PROTOCOL, sample_count=9, splits=2, name="x"), tmp_path)[1] == 0


def test_damage_is_repaired(tmp_path: Path) -> None:
    load(PROTOCOL, tmp_path)
    (path,) = (tmp_path / "statistics").glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:100])
    assert load(PROTOCOL, tmp_path)[1] == 1
    assert load(PROTOCOL, tmp_path)[1] == 0
