from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_gan.metrics.classifier import Classifier, build_classifier


def new_generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def build_appendix_b() -> nn.Sequential:
    """The thesis' table B.1, line by line."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 1024),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(1024, 10),
    )


def test_for_digits_it_is_the_network_of_the_thesis() -> None:
    classifier = build_classifier(1, 28, 10, new_generator())
    reference = build_appendix_b().eval()
    values = list(classifier.state_dict().values())
    reference.load_state_dict(dict(zip(reference.state_dict(), values, strict=True)))
    images = torch.randint(0, 256, (6, 1, 28, 28), dtype=torch.uint8, generator=new_generator())
    with torch.inference_mode():
        logits, expected = classifier(images), reference(images / 255)
        torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(
            classifier.compute_features(images), reference[:9](images / 255), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize(
    ("resolution", "stages", "side"),
    [(4, 2, 1), (8, 2, 2), (28, 2, 7), (32, 2, 8), (33, 2, 8), (48, 3, 6), (64, 3, 8), (128, 4, 8)],
)
def test_it_pools_until_the_map_is_small(resolution: int, stages: int, side: int) -> None:
    with torch.device("meta"):
        classifier = Classifier(3, resolution, 5)
    assert len(classifier.stages) == stages
    assert classifier.hidden.in_features == 64 * side * side
    images = torch.zeros(2, 3, resolution, resolution, dtype=torch.uint8, device="meta")
    assert classifier(images).shape == (2, 5)
    assert classifier.compute_features(images).shape == (2, 1024)


def test_its_weights_come_from_the_generator_alone() -> None:
    before = torch.get_rng_state()
    first, second = (build_classifier(1, 8, 3, new_generator()).state_dict() for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_images_too_small_to_pool_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 4×4"):
        build_classifier(1, 3, 2, new_generator())
