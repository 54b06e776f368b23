"""Generators as after training, and facts about a run that never was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from nas_gan.export import BundleFacts
from nas_gan.nets import Generator, build_networks, draw_labels
from nas_gan.spec import Architecture

FACTS = BundleFacts(
    example_png=None,
    name="trial 7 of study tiny-digits",
    record_json='{"format": 1}',
    topology="generator: latent 3\n  stem  8·4×4\n",
    samples_png=b"\x89PNG",
    scores=(("Fréchet distance", "12.5000"), ("Inception Score", "9.2500 ± 0.1250")),
    protocol={"name": "classifier-5k", "seed": 0, "sample_count": 5000},
    data={"source": "my digits", "resolution": 16, "root": None, "download": False, "limit": None},
    data_fingerprint="0123abcd",
    class_names=("one | two", "three"),
    seed=11,
    images_seen=60_000,
    weights="the last, after 60,000 images",
    wall_seconds=321.0,
    device="cpu",
    versions={"nas_gan": "0.1.0", "torch": "2.14.1"},
)


def _trained_generator(architecture: Architecture) -> Generator:
    """A generator whose every weight and buffer has moved from where it started, wide ones by less."""
    generator = build_networks(architecture, seed=0).generator
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in generator.parameters():
            deviation = 0.2 if parameter.ndim < 2 else parameter[0].numel() ** -0.5
            parameter.add_(torch.empty_like(parameter).normal_(0.0, deviation, generator=random))
        for _ in range(3):
            latents = torch.randn(8, architecture.latent_generator.latent_dim, generator=random)
            generator(latents, draw_labels(8, architecture.image.classes or 1))
    return generator.eval()


@pytest.fixture(scope="session")
def trained_generator() -> Callable[[Architecture], Generator]:
    """Makes the generator of an architecture as training might leave it, in evaluation mode."""
    return _trained_generator


@pytest.fixture(scope="session")
def make_architecture() -> Callable[..., Architecture]:
    """Makes an architecture for 4 classes of 16 × 16 from a generator's fields and its two stages' fields."""

    def make(stage: dict[str, Any] | None = None, **generator: Any) -> Architecture:
        other = "projection" if generator.get("conditioning", "none") != "none" else "none"
        tree = {
            "image": {"channels": 3, "resolution": 16, "classes": 4},
            "generator": {"latent_dim": 3, "width": 4, "stages": [stage or {}, stage or {}]} | generator,
            "discriminator": {
                "width": 4,
                "stages": [{}, {}],
                "minibatch": "discrimination",
                "conditioning": other,
            },
        }
        return Architecture.from_tree(tree, "test")

    return make


@pytest.fixture(scope="session")
def facts() -> BundleFacts:
    """Facts about a run."""
    return FACTS
