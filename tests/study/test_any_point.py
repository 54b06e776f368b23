"""The law of every space: any of its points builds, costs what was inferred, trains a step and survives JSON."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from nas_gan.nets import Networks, build_networks
from nas_gan.space import bundled_spaces, load_space, sample
from nas_gan.spec import Architecture, Image, canonical_json, compute_cost
from nas_gan.study.play import build_trainer
from nas_gan.training import TrainingData

IMAGES = (
    Image(channels=1, resolution=28, classes=10),
    Image(channels=3, resolution=32, classes=10),
    Image(channels=1, resolution=48, classes=0),
)


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: f"{image.resolution}x{image.classes}")
@pytest.mark.parametrize("space", bundled_spaces())
@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**32))
def test_any_point_builds_costs_trains_and_survives(space: str, image: Image, seed: int) -> None:
    architecture = sample(load_space(space), image, random.Random(seed))
    assert Architecture.model_validate_json(canonical_json(architecture)) == architecture
    cost = compute_cost(architecture)
    generator, discriminator = build_networks(architecture, seed=0)
    for network, parameters in (
        (generator, cost.generator_parameters),
        (discriminator, cost.discriminator_parameters),
    ):
        assert sum(parameter.numel() for parameter in network.parameters()) == parameters

    labels = torch.arange(2) if image.classes else None
    noise = torch.Generator().manual_seed(seed % 2**31)
    latents = torch.randn(2, architecture.generator.latent_dim, generator=noise)
    with FlopCounterMode(display=False) as counted:
        verdict = discriminator(generator(latents, labels), labels)
    assert counted.get_total_flops() == 4 * cost.macs
    logits = verdict.class_logits
    (verdict.score.square().sum() + (0.0 if logits is None else logits.square().sum())).backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name

    shape = (16, image.channels, image.resolution, image.resolution)
    pictures = torch.randint(0, 256, shape, generator=noise)
    known = torch.arange(16) % image.classes if image.classes else None
    data = TrainingData(pictures.to(torch.uint8), known)
    trainer = build_trainer(architecture, Networks(generator, discriminator), data, seed=0)
    both = [*generator.parameters(), *discriminator.parameters()]
    before = [parameter.detach().clone() for parameter in both]
    trainer.advance(1)
    assert trainer.images_seen == architecture.training.batch_size * architecture.training.discriminator_steps
    assert all(parameter.isfinite().all() for parameter in both)
    # Either network may be dead at its first step in a space of tiny widths, but not both.
    assert any(not torch.equal(old, new) for old, new in zip(before, both, strict=True))
