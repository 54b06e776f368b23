"""Every kind of network, stopped and loaded into fresh ones, trains on to the same bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.nets import build_networks
from nas_gan.spec import Architecture
from nas_gan.training import Diverged, Progress, State, Trainer, TrainingData
from nas_gan.training.checkpoint import decode, encode

GENERATORS = [
    "concat",
    {"kind": "hidden_concat", "stage": 0, "embedding_dim": 3},
    "conditional_batch_norm",
    {"kind": "conditional_batch_norm", "parameters": {"kind": "linear", "embedding_dim": 5}},
]
DISCRIMINATORS = [
    "concat",
    {"kind": "hidden_concat", "stage": 0, "embedding_dim": 3},
    "projection",
    "auxiliary_classifier",
]
SMALL: dict[str, Any] = {
    "image": {"channels": 1, "resolution": 8, "classes": 3},
    "generator": {
        "latent_dim": 3,
        "width": 4,
        "stages": [{"norm": {"kind": "batch"}}],
    },
    "discriminator": {"width": 4, "stages": [{}]},
    "training": {"batch_size": 4},
}


@pytest.fixture(autouse=True)
def told_of_each_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_gan.training.trainer.PROGRESS_SECONDS", 0.0)


def build(architecture: Architecture) -> Trainer:
    """A trainer on 30 random images, or points, with labels where the architecture knows any."""
    image, random = architecture.image, torch.Generator().manual_seed(0)
    shape = (30, image.channels, image.resolution, image.resolution)
    pictures = torch.randint(0, 256, shape, generator=random)
    labels = torch.arange(30) % image.classes if image.classes else None
    data = TrainingData(pictures / 128 if image.is_points else pictures.to(torch.uint8), labels)
    return Trainer(*build_networks(architecture, seed=1), data, architecture.game, seed=2)


def stop(progress: Progress) -> None:
    raise KeyboardInterrupt


def assert_continues(architecture: Architecture, updates: int, stopped_after: int) -> None:
    training = architecture.training
    images_per_update = training.batch_size * training.discriminator_steps
    straight, stopped = build(architecture), build(architecture)
    for _ in range(stopped_after):
        with pytest.raises(KeyboardInterrupt):
            stopped.advance(updates * images_per_update, stop)
    state = decode(encode(stopped.state()))
    fresh = build(architecture)
    fresh.load_state(state)
    straight.advance(updates * images_per_update)
    fresh.advance(updates * images_per_update)
    one, other = straight.state(), fresh.state()
    assert one.tensors.keys() == other.tensors.keys()
    for name, tensor in one.tensors.items():
        assert torch.equal(tensor, other.tensors[name]), name
    assert losses(one) == losses(other)


def losses(state: State) -> list[tuple[float, ...]]:
    points = state.part("curve").facts["points"]
    return [tuple(value for name, value in point.items() if name != "images_per_second") for point in points]


@pytest.mark.parametrize("generator", GENERATORS, ids=str)
@pytest.mark.parametrize("discriminator", DISCRIMINATORS, ids=str)
def test_every_conditioning_of_both_networks_goes_on(generator: Any, discriminator: Any) -> None:
    tree = {
        **SMALL,
        "generator": {**SMALL["generator"], "conditioning": generator},
        "discriminator": {**SMALL["discriminator"], "conditioning": discriminator},
    }
    assert_continues(Architecture.from_tree(tree, "test"), updates=12, stopped_after=5)


@pytest.mark.parametrize(
    "changes",
    [
        {"discriminator": {"spectral_norm": True, "stages": [{"spectral_norm": True}]}},
        {"generator": {"spectral_norm": True, "stages": [{"spectral_norm": True}]}},
        {"discriminator": {"minibatch": "discrimination"}},
        {"discriminator": {"minibatch": "deviation"}},
        {"optimisers": {"generator": {"kind": "rmsprop"}, "discriminator": {"kind": "rmsprop"}}},
        {"training": {"batch_size": 4, "moving_average": 0.0}},
        {"loss": "fisher", "regularisers": ["clipping"]},
        {"regularisers": ["r1", "gradient_penalty"]},
        {"training": {"batch_size": 4, "generated_batch": "shared"}},
        {"generator": {"attention": {"kind": "self", "stage": 0}}},
        {
            "generator": {"stages": [{"dropout": "maps"}]},
            "discriminator": {"stages": [{"dropout": "values"}]},
        },
    ],
    ids=str,
)
def test_every_part_that_remembers_goes_on_for_two_windows(changes: dict[str, Any]) -> None:
    tree = {
        name: {**SMALL[name], **changes[name]}
        if name in SMALL and name in changes
        else {**SMALL, **changes}[name]
        for name in {**SMALL, **changes}
    }
    assert_continues(Architecture.from_tree(tree, "test"), updates=100, stopped_after=37)


@pytest.mark.parametrize("minibatch", ["none", "discrimination"])
def test_points_of_the_plane_go_on(minibatch: str) -> None:
    tree = {
        "image": {"channels": 2, "resolution": 1},
        "generator": {"kind": "perceptron", "latent_dim": 4, "hidden": [{"width": 8, "norm": "batch"}]},
        "discriminator": {"kind": "perceptron", "hidden": [{"width": 8}], "minibatch": minibatch},
        "training": {"batch_size": 8},
    }
    assert_continues(Architecture.from_tree(tree, "test"), updates=100, stopped_after=37)


def test_any_small_architecture_goes_on(pick_architecture: Callable[[int], Architecture]) -> None:
    @settings(deadline=None, max_examples=12)
    @given(seed=st.integers(0, 2**32))
    def check(seed: int) -> None:
        architecture = pick_architecture(seed)
        training = architecture.training.model_copy(update={"batch_size": 4})
        architecture = architecture.model_copy(update={"training": training})
        try:
            build(architecture).advance(7 * 4 * training.discriminator_steps)
        except Diverged:
            return
        assert_continues(architecture, updates=7, stopped_after=3)

    check()
