"""ImageSet, Dataset and the fingerprint."""

from __future__ import annotations

import dataclasses
import json

import pytest
import torch

from nas_gan.data import DataConfig, Dataset, ImageSet
from nas_gan.data.dataset import content_fingerprint


def make_set(count: int = 4, *, labelled: bool = True) -> ImageSet:
    images = torch.arange(count * 64, dtype=torch.int64).remainder(256).to(torch.uint8).view(count, 1, 8, 8)
    return ImageSet(images, torch.arange(count).remainder(2) if labelled else None)


def test_facts_of_a_set() -> None:
    images = ImageSet(torch.zeros(5, 3, 16, 16, dtype=torch.uint8), None)
    assert (images.count, images.channels, images.resolution) == (5, 3, 16)


def test_facts_of_a_dataset() -> None:
    dataset = Dataset("toy", "toy.zip", ("a", "b"), make_set(6), make_set(2), "0" * 64)
    assert (dataset.channels, dataset.resolution, dataset.classes) == (1, 8, 2)


def test_moving_takes_labels_along() -> None:
    moved = make_set().to("meta")
    assert moved.labels is not None
    assert moved.images.device.type == moved.labels.device.type == "meta"
    assert make_set(labelled=False).to(torch.device("meta")).labels is None


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (torch.zeros(2, 1, 8, 8), None),
        (torch.zeros(2, 1, 8, 9, dtype=torch.uint8), None),
        (torch.zeros(2, 8, 8, dtype=torch.uint8), None),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.zeros(3, dtype=torch.int64)),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.zeros(2)),
    ],
)
def test_other_shapes_and_types_are_refused(images: torch.Tensor, labels: torch.Tensor | None) -> None:
    with pytest.raises(ValueError, match="must be"):
        ImageSet(images, labels)


def test_fingerprint_sees_every_part_of_the_content() -> None:
    train, held_out, names = make_set(6), make_set(2), ("a", "b")
    pixel, label = make_set(6), make_set(6)
    pixel.images[3, 0, 2, 1] += 1
    assert label.labels is not None
    label.labels[0] = 1
    fingerprints = {
        content_fingerprint(train, held_out, names),
        content_fingerprint(pixel, held_out, names),
        content_fingerprint(label, held_out, names),
        content_fingerprint(held_out, train, names),
        content_fingerprint(train, held_out, ("a", "c")),
        content_fingerprint(make_set(6, labelled=False), make_set(2, labelled=False), names),
        content_fingerprint(ImageSet(train.images.view(6, 1, 8, 8).flip(0), train.labels), held_out, names),
    }
    assert len(fingerprints) == 7
    assert content_fingerprint(make_set(6), make_set(2), names) in fingerprints


def test_config_survives_json() -> None:
    config = DataConfig("folder", resolution=48, root="data", download=True, limit=100)
    assert DataConfig(**json.loads(json.dumps(dataclasses.asdict(config)))) == config
