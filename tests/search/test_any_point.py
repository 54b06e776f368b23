"""The law of every space: any of its points builds, costs what was inferred, trains a step and survives JSON."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from nas_gan.export.translation_source import translation_source
from nas_gan.nets import build_networks, build_translation
from nas_gan.space import bundled_spaces, load_space, sample
from nas_gan.spec import Architecture, Image, canonical_json, compute_cost
from nas_gan.training import Trainer, TrainingData

SPACES = Path(__file__).parents[2] / "search_spaces"
IMAGES = (
    Image(channels=1, resolution=28, classes=10),
    Image(channels=3, resolution=32, classes=10),
    Image(channels=1, resolution=48, classes=0),
    Image(channels=2, resolution=1, classes=0),
)
CONDITIONAL_BASELINES = ("auxiliary", "concat", "plain", "residual", "spectral")
WITH_LABELS_ONLY = ("conditional", "small", *(f"baselines/{name}" for name in CONDITIONAL_BASELINES))
FOR_POINTS = ("mlp", "plane")
ONE_BATCH = 1  # of the full translation, 0.6 GMAC a pass
TRAINED_BATCH = 2  # the widest of these networks take seconds for a batch of 64


def _pairs() -> list[tuple[str, Image]]:
    """Every bundled space with every image that it is for."""
    found = []
    for name in bundled_spaces():
        own = tomllib.loads((SPACES / f"{name}.toml").read_text()).get("image")
        for image in IMAGES if own is None else (Image(**{"classes": 10, **own}),):
            suits_labels = image.classes > 0 or name not in WITH_LABELS_ONLY
            suits_points = not image.is_points or name in FOR_POINTS or own is not None
            if suits_labels and suits_points:
                found.append((name, image))
    return found


def _examples(name: str) -> int:
    return 1 if "/" in name else 2 if name == "cycle" else 3


@pytest.mark.parametrize(("space", "image"), _pairs(), ids=lambda value: str(value).replace(" ", ","))
def test_any_point_builds_costs_trains_and_survives(space: str, image: Image) -> None:
    @settings(deadline=None, max_examples=_examples(space))
    @given(seed=st.integers(0, 2**32))
    def check(seed: int) -> None:
        _check_point(space, image, seed)

    check()


def _check_point(space: str, image: Image, seed: int) -> None:
    architecture = sample(load_space(space), image, random.Random(seed))
    assert Architecture.model_validate_json(canonical_json(architecture)) == architecture
    if architecture.translates:
        _check_translation(architecture, seed)
        return
    cost = compute_cost(architecture)
    generator, discriminator = build_networks(architecture, seed=0)
    for network, parameters in (
        (generator, cost.generator_parameters),
        (discriminator, cost.discriminator_parameters),
    ):
        assert sum(parameter.numel() for parameter in network.parameters()) == parameters

    labels = torch.arange(2) if image.classes else None
    noise = torch.Generator().manual_seed(seed % 2**31)
    latents = torch.randn(2, architecture.latent_generator.latent_dim, generator=noise)
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
    data = TrainingData(pictures.float() if image.is_points else pictures.to(torch.uint8), known)
    training = architecture.training.model_copy(update={"batch_size": TRAINED_BATCH})
    architecture = architecture.model_copy(update={"training": training})
    trainer = Trainer(generator, discriminator, data, architecture.game, seed=0)
    both = [*generator.parameters(), *discriminator.parameters()]
    before = [parameter.detach().clone() for parameter in both]
    trainer.advance(1)
    assert trainer.images_seen == architecture.training.batch_size * architecture.training.discriminator_steps
    assert all(parameter.isfinite().all() for parameter in both)
    # Either network may be dead at its first step in a space of tiny widths, but not both.
    assert any(not torch.equal(old, new) for old, new in zip(before, both, strict=True))


def _check_translation(architecture: Architecture, seed: int) -> None:
    """The same of a translation, whose exported source takes its weights and translates as it does."""
    cost, image = compute_cost(architecture), architecture.image
    generators, discriminators = networks = build_translation(architecture, seed=0)
    for network, parameters in zip(
        networks, (cost.generator_parameters, cost.discriminator_parameters), strict=True
    ):
        assert sum(parameter.numel() for parameter in network.parameters()) == 2 * parameters
    random = torch.Generator().manual_seed(seed % 2**31)
    shape = (4, image.channels, image.resolution, image.resolution)
    pictures = torch.randint(0, 256, shape, generator=random, dtype=torch.uint8)
    training = architecture.training.model_copy(update={"batch_size": ONE_BATCH})
    architecture = architecture.model_copy(update={"training": training})
    trainer = Trainer(*networks, TrainingData(pictures, None, pictures.flip(3)), architecture.game, seed=0)
    both = [*generators.parameters(), *discriminators.parameters()]
    before = [parameter.detach().clone() for parameter in both]
    with FlopCounterMode(display=False) as counted:
        discriminators.target(generators.forth(pictures[:1] / 127.5 - 1))
    assert counted.get_total_flops() == 2 * cost.macs
    trainer.advance(1)
    assert trainer.images_seen == ONE_BATCH
    assert all(parameter.isfinite().all() for parameter in both)
    assert any(not torch.equal(old, new) for old, new in zip(before, both, strict=True))
    module: dict[str, Any] = {"__file__": "model.py", "__name__": "model"}
    exec(translation_source(architecture), module)  # what a user would import
    exported = module["build"]()
    exported.load_state_dict(generators.forth.state_dict())
    with torch.inference_mode():
        made = generators.forth(pictures[:1] / 127.5 - 1)
        torch.testing.assert_close(exported(pictures[:1] / 127.5 - 1), made)
