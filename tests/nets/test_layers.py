"""Single layers against what they should compute, worked out another way."""

from __future__ import annotations

import subprocess
import sys
from typing import Literal

import numpy as np
import pytest
import torch

from nas_gan.nets import build_networks
from nas_gan.nets.build_layer import build_layer
from nas_gan.nets.layers import Dropout, SelfAttention, SpreadConvolution, ThinnedConvolution, VectorLinear
from nas_gan.spec import Architecture
from nas_gan.spec import layers as plans
from nas_gan.spec.layers import Maps


def test_attention_adds_nothing_at_first() -> None:
    attention = SelfAttention(channels=16, hidden=2)
    maps = torch.randn(2, 16, 5, 5)
    assert torch.equal(attention(maps), maps)


def test_attention_is_the_weighted_sum_of_the_paper() -> None:
    attention = SelfAttention(channels=8, hidden=3).double()
    maps = torch.randn(2, 8, 3, 3, dtype=torch.float64)
    with torch.no_grad():
        attention.scale.fill_(0.7)
        computed = attention(maps).numpy()
    parts = (attention.query, attention.key, attention.value, attention.output)
    query, key, value, output = (part.weight.detach().numpy()[:, :, 0, 0] for part in parts)
    for image, found in zip(maps.numpy(), computed, strict=True):
        columns = image.reshape(8, 9)
        for j in range(9):
            energies = np.array([(query @ columns[:, j]) @ (key @ columns[:, i]) for i in range(9)])
            shares = np.exp(energies) / np.exp(energies).sum()
            taken = sum(shares[i] * (value @ columns[:, i]) for i in range(9))
            expected = columns[:, j] + 0.7 * (output @ taken)
            np.testing.assert_allclose(found.reshape(8, 9)[:, j], expected, atol=1e-12)


def test_attention_learns_from_its_first_step() -> None:
    attention = SelfAttention(channels=8, hidden=1)
    attention(torch.randn(2, 8, 4, 4)).square().sum().backward()
    assert attention.scale.grad is not None
    assert attention.scale.grad.abs() > 0


@pytest.mark.parametrize("of", ["values", "maps"])
def test_dropout_keeps_the_mean_in_training_and_everything_else(of: Literal["values", "maps"]) -> None:
    dropout = build_layer(plans.Dropout(Maps(400, 5), 0.3, of))
    assert isinstance(dropout, Dropout)
    dropout.draw_from(torch.Generator().manual_seed(1))
    ones = torch.ones(20, 400, 5, 5)
    kept = dropout(ones)
    assert kept.unique().tolist() == [0.0, pytest.approx(1 / 0.7)]
    dropped = (kept == 0).float()
    assert dropped.mean().item() == pytest.approx(0.3, abs=0.02)
    whole = dropped.mean(dim=(2, 3))
    assert bool(((whole == 0) | (whole == 1)).all()) == (of == "maps")
    assert torch.equal(dropout.eval()(ones), ones)


def test_dropout_draws_from_what_it_is_given_whatever_the_strides() -> None:
    dropout = build_layer(plans.Dropout(Maps(3, 4), 0.5, "values"))
    assert isinstance(dropout, Dropout)
    maps = torch.randn(2, 3, 4, 4)
    before = torch.get_rng_state()
    drawn = []
    for laid_out in (maps, maps.to(memory_format=torch.channels_last)):
        dropout.draw_from(torch.Generator().manual_seed(4))
        drawn.append(dropout(laid_out))
    assert torch.equal(*drawn)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kernel", [1, 3, 4, 5])
@pytest.mark.parametrize("resolution", [7, 8])
def test_halving_rounds_up(kernel: int, resolution: int) -> None:
    layer = plans.Convolution(Maps(2, resolution), 3, kernel, 2, True, False)
    assert layer.outputs == Maps(3, 4)
    assert build_layer(layer)(torch.randn(1, 2, resolution, resolution)).shape == (1, 3, 4, 4)
    pool = plans.Pool(Maps(2, resolution), 2)
    maps = torch.randn(1, 2, resolution, resolution)
    pooled = build_layer(pool)(maps)
    assert pooled.shape == (1, 2, 4, 4)
    # The mean is over the positions that are there.
    assert torch.allclose(pooled[0, 0, 3, 3], maps[0, 0, 6:, 6:].mean())


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("transposed", [True, False])
def test_a_narrow_strided_1x1_convolution_is_the_ordinary_one(transposed: bool, bias: bool) -> None:
    """In results and in all gradients, against PyTorch's own of float64, which oneDNN doesn't compute."""
    layer = (
        plans.TransposedConvolution(Maps(4, 24), 3, 1, 2, bias, False)
        if transposed
        else plans.Convolution(Maps(3, 48), 4, 1, 2, bias, False)
    )
    built = build_layer(layer).to(memory_format=torch.channels_last)
    assert isinstance(built, ThinnedConvolution | SpreadConvolution)
    plain: torch.nn.Module = (
        torch.nn.ConvTranspose2d(4, 3, 1, 2, output_padding=1, bias=bias)
        if transposed
        else torch.nn.Conv2d(3, 4, 1, 2, bias=bias)
    )
    plain.load_state_dict(built.state_dict())
    plain.double()
    maps = torch.randn(2, layer.inputs.channels, layer.inputs.resolution, layer.inputs.resolution)
    found, expected = maps.clone().requires_grad_(), maps.double().requires_grad_()
    outputs, wanted = built(found), plain(expected)
    assert outputs.shape == wanted.shape
    torch.testing.assert_close(outputs.double(), wanted, atol=1e-5, rtol=1e-5)
    outputs.square().sum().backward()
    wanted.square().sum().backward()
    pairs = ((found, expected), *zip(built.parameters(), plain.parameters(), strict=True))
    for one, other in pairs:
        assert one.grad is not None
        torch.testing.assert_close(one.grad.double(), other.grad, atol=1e-3, rtol=1e-4)


TRAIN_NARROW_SHORTCUTS = """
import torch
from nas_gan.nets.build_layer import build_layer
from nas_gan.spec.layers import Convolution, Maps, TransposedConvolution
torch.set_num_threads(1)
for channels in (1, 3, 4, 12, 15):
    for layer in (
        Convolution(Maps(channels, 48), 4, 1, 2, False, False),
        TransposedConvolution(Maps(4, 24), channels, 1, 2, False, False),
    ):
        network = build_layer(layer).to(memory_format=torch.channels_last)
        maps = torch.randn(8, layer.inputs.channels, layer.inputs.resolution, layer.inputs.resolution)
        for _ in range(4):
            network(maps.to(memory_format=torch.channels_last)).square().sum().backward()
print("lives")
"""


def test_narrow_strided_1x1_convolutions_leave_memory_whole() -> None:
    """In a process of its own, since damaged memory ends it."""
    ended = subprocess.run(
        [sys.executable, "-c", TRAIN_NARROW_SHORTCUTS],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "lives\n"


def test_a_linear_layer_of_maps_is_a_convolution_of_one_position() -> None:
    linear = build_layer(plans.Convolution(Maps(5), 3, 1, 1, True, False))
    vectors = torch.randn(4, 5, 1, 1)
    assert isinstance(linear, VectorLinear)
    convolved = torch.nn.functional.conv2d(vectors, linear.weight[:, :, None, None], linear.bias)
    assert torch.allclose(linear(vectors), convolved, atol=1e-6)


def test_gains_are_drawn_around_one() -> None:
    tree = {
        "image": {"channels": 1, "resolution": 28},
        "generator": {"width": 64, "stages": [{}, {}]},
        "discriminator": {"stages": [{}, {}]},
        "training": {"gain_deviation": 0.02},
    }
    generator = build_networks(Architecture.from_tree(tree, "gains"), seed=0).generator
    gains = torch.cat([m.weight for m in generator.modules() if isinstance(m, torch.nn.BatchNorm2d)])
    assert abs(gains.mean().item() - 1) < 0.005
    assert abs(gains.std().item() - 0.02) < 0.003
