"""Any architecture builds, costs what its plan says, and trains every parameter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from nas_gan.nets import build_networks
from nas_gan.nets.build_layer import build_layer
from nas_gan.spec import Architecture, compute_cost
from nas_gan.spec import layers as plans

Picker = Callable[[int], Architecture]


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_networks_have_the_planned_shapes_and_parameters(pick_architecture: Picker, seed: int) -> None:
    architecture = pick_architecture(seed)
    image, cost = architecture.image, compute_cost(architecture)
    generator, discriminator = build_networks(architecture, seed=0)
    labels = torch.tensor([0, 1, 3])
    images = generator(torch.randn(3, architecture.latent_generator.latent_dim), labels)
    assert images.shape == (3, image.channels, image.resolution, image.resolution)
    assert images.abs().max() <= 1
    verdict = discriminator(images, labels)
    assert verdict.score.shape == (3,)
    classifies = architecture.discriminator.conditioning.kind == "auxiliary_classifier"
    assert (verdict.class_logits is not None) == classifies
    assert (_count(generator), _count(discriminator)) == (
        cost.generator_parameters,
        cost.discriminator_parameters,
    )


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_multiply_adds_are_what_torch_counts(pick_architecture: Picker, seed: int) -> None:
    architecture = pick_architecture(seed)
    image, cost = architecture.image, compute_cost(architecture)
    generator, discriminator = build_networks(architecture, seed=0)
    labels = torch.tensor([1, 2])
    with FlopCounterMode(display=False) as of_generator:
        generator(torch.randn(2, architecture.latent_generator.latent_dim), labels)
    with FlopCounterMode(display=False) as of_discriminator:
        discriminator(torch.randn(2, image.channels, image.resolution, image.resolution), labels)
    # Two operations a multiply-add, two images.
    assert of_generator.get_total_flops() == 4 * cost.generator_macs
    assert of_discriminator.get_total_flops() == 4 * cost.discriminator_macs


@pytest.mark.parametrize(("channels", "resolution"), [(4, 8), (64, 16)])
def test_attention_costs_its_four_convolutions_and_two_products_over_all_positions(
    channels: int, resolution: int
) -> None:
    layer = plans.Attention(plans.Maps(channels, resolution), spectral_norm=False)
    with FlopCounterMode(display=False) as counter:
        build_layer(layer)(torch.randn(1, channels, resolution, resolution))
    positions, hidden = resolution**2, max(1, channels // 8)
    assert layer.macs == 4 * positions * channels * hidden + 2 * positions**2 * hidden
    assert counter.get_total_flops() == 2 * layer.macs


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_every_parameter_gets_a_finite_gradient(pick_architecture: Picker, seed: int) -> None:
    architecture = pick_architecture(seed)
    generator, discriminator = build_networks(architecture, seed=1)
    labels = torch.tensor([0, 1, 2, 3])
    verdict = discriminator(
        generator(torch.randn(4, architecture.latent_generator.latent_dim), labels), labels
    )
    total = verdict.score.square().sum() + verdict.score.sum()
    if verdict.class_logits is not None:
        total = total + verdict.class_logits.square().sum()
    total.backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name


def test_same_seed_same_weights_and_outside_state_untouched(pick_architecture: Picker) -> None:
    architecture = pick_architecture(3)
    torch.manual_seed(5)
    expected_next = torch.rand(1)
    torch.manual_seed(5)
    first, second, other = (build_networks(architecture, seed) for seed in (7, 7, 8))
    assert torch.equal(torch.rand(1), expected_next)
    for network, twin, stranger in zip(first, second, other, strict=True):
        pairs = zip(network.state_dict().values(), twin.state_dict().values(), strict=True)
        assert all(torch.equal(one, two) for one, two in pairs)
        weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in stranger.parameters() if parameter.ndim > 1]
        assert not torch.equal(weights[0], others[0])


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 6, 7])
def test_every_kernel_keeps_the_resolution(kernel: int) -> None:
    tree = {
        "image": {"channels": 1, "resolution": 8},
        "generator": {"stages": [{"kernel": kernel}], "head_kernel": kernel, "width": 2},
        "discriminator": {"stages": [{"depth": 2, "kernel": kernel}], "width": 2},
    }
    generator, discriminator = build_networks(Architecture.from_tree(tree, "test"), seed=0)
    images = generator(torch.randn(2, 100))
    assert images.shape == (2, 1, 8, 8)
    assert discriminator(images).score.shape == (2,)
