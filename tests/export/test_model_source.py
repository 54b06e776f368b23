"""The emitted module is the generator: the same names, the same images, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.export.discriminator_source import discriminator_source
from nas_gan.export.emit import LINE_WIDTH, call, emit_layer
from nas_gan.export.model_source import model_source
from nas_gan.export.plain import plain_architecture, plain_discriminator, plain_generator
from nas_gan.nets import Generator, build_generator, build_networks, draw_labels, draw_latents
from nas_gan.spec import Architecture
from nas_gan.spec.layers import Layer, Maps

Picker = Callable[[int], Architecture]
Trainer = Callable[[Architecture], Generator]


class _Unknown(Layer):
    @property
    def outputs(self) -> Maps:
        return self.inputs


def _run(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "model", "__file__": "model.py"}
    exec(compile(source, "model.py", "exec"), namespace)
    return namespace


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_emitted_generators_give_the_same_images(
    pick_architecture: Picker, trained_generator: Trainer, seed: int
) -> None:
    architecture = pick_architecture(seed)
    trained = trained_generator(architecture)
    weights = plain_generator(architecture, trained).state_dict()
    emitted = _run(model_source(architecture))["Generator"]()
    assert set(emitted.state_dict()) == set(weights)
    emitted.load_state_dict(weights)
    spec = architecture.latent_generator
    latents = draw_latents(3, spec.latent_dim, spec.latent_distribution, seed=0)
    labels = draw_labels(3, 4) if architecture.conditional else None
    with torch.inference_mode():
        assert torch.equal(emitted.eval()(latents, labels), trained(latents, labels))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_emitted_discriminators_judge_alike(pick_architecture: Picker, seed: int) -> None:
    architecture = pick_architecture(seed)
    image = architecture.image
    random = torch.Generator().manual_seed(0)
    labels = draw_labels(6, 4)
    trained = build_networks(architecture, seed=0).discriminator
    images = torch.rand(6, image.channels, image.resolution, image.resolution, generator=random) * 2 - 1
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(torch.empty_like(parameter).normal_(0.0, 0.1, generator=random))
        trained(images, labels)  # moves running averages and singular vectors
    trained.eval()
    weights = plain_discriminator(architecture, trained).state_dict()
    emitted = _run(discriminator_source(architecture))["Discriminator"]()
    assert set(emitted.state_dict()) == set(weights)
    emitted.load_state_dict(weights)
    with torch.inference_mode():
        found, expected = emitted.eval()(images, labels), trained(images, labels)
    assert torch.equal(found.score, expected.score)
    assert (found.class_logits is None) == (expected.class_logits is None)
    if expected.class_logits is not None:
        assert torch.equal(found.class_logits, expected.class_logits)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_plain_networks_hold_the_weights_of_normalised_ones(
    pick_architecture: Picker, trained_generator: Trainer, seed: int
) -> None:
    architecture = pick_architecture(seed)
    trained = trained_generator(architecture)
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    built = build_generator(plain_architecture(architecture)).eval()
    built.load_state_dict(plain_generator(architecture, trained).state_dict())
    latents = torch.randn(2, architecture.latent_generator.latent_dim)
    labels = torch.tensor([3, 0])
    with torch.inference_mode():
        assert torch.equal(built(latents, labels), trained(latents, labels))
    assert all(torch.equal(tensor, before[name]) for name, tensor in trained.state_dict().items())


def test_only_what_the_generator_needs_is_in_its_source(
    make_architecture: Callable[..., Architecture],
) -> None:
    plain = model_source(make_architecture())
    assert "nas_gan import" not in plain
    for absent in ("import nas_gan", "Added", "Concatenated", "LabelPlanes", "draw_labels", "class_", "F."):
        assert absent not in plain, absent
    conditional = model_source(
        make_architecture({"connect": "residual", "kernel": 4}, conditioning="conditional_batch_norm")
    )
    for present in (
        "class Added",
        "class SamePadding",
        "class EmbeddedBatchNorm",
        "import torch.nn.functional",
    ):
        assert present in conditional, present
    assert "class LinearBatchNorm" not in conditional


def test_long_calls_are_broken_and_unknown_layers_refused() -> None:
    assert call("f", "1", "2") == "f(1, 2)"
    assert call("f", "a" * LINE_WIDTH, "2") == f"f(\n    {'a' * LINE_WIDTH},\n    2,\n)"
    with pytest.raises(TypeError, match="_Unknown"):
        emit_layer(_Unknown(Maps(3)))
