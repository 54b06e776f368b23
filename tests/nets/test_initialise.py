"""Weights start as the training says: by one deviation or by fan-in, embeddings apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from nas_gan.nets import Networks, build_networks
from nas_gan.nets.layers import LinearBatchNorm, MinibatchDiscrimination
from nas_gan.spec import Architecture, recipe_hash

HE = {"initial": "he"}
STAGE = {"kernel": 3, "width": 64}


def build(training: dict[str, Any], generator: str = "concat", discriminator: str = "concat") -> Networks:
    """Networks with every kind of layer that has weights, wide enough for their deviation to be measured."""
    conditionings: dict[str, Any] = {
        "concat": {"kind": "concat", "embedding_dim": 200},
        "normalised": {
            "kind": "conditional_batch_norm",
            "parameters": {"kind": "linear", "embedding_dim": 100},
        },
        "projection": "projection",
    }
    tree = {
        "image": {"channels": 3, "resolution": 8, "classes": 50},
        "generator": {
            "latent_dim": 100,
            "width": 64,
            "stages": [STAGE | {"connect": "residual", "spectral_norm": True, "upsample": "transposed"}],
            "attention": {"kind": "self", "stage": 0},
            "conditioning": conditionings[generator],
        },
        "discriminator": {
            "stages": [STAGE | {"connect": {"kind": "dense", "growth": 64}, "depth": 2, "kernel": 4}],
            "minibatch": "discrimination",
            "conditioning": conditionings[discriminator],
        },
        "training": training,
    }
    return build_networks(Architecture.from_tree(tree, "networks"), seed=3)


Weighted = nn.Conv2d | nn.ConvTranspose2d | nn.Linear


def weights(network: nn.Module) -> dict[str, tuple[Weighted, Tensor]]:
    """Weights of convolutions and linear layers, as they were drawn, by their module's name."""
    found: dict[str, tuple[Weighted, Tensor]] = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            is_normalised = parametrize.is_parametrized(module, "weight")
            drawn = "parametrizations.weight.original" if is_normalised else "weight"
            found[name] = (module, module.get_parameter(drawn).detach())
    return found


def fan_in_of(module: Weighted, weight: Tensor) -> float:
    """Products that are summed for one output, counted by running the layer on ones with weights of one."""
    with torch.no_grad():
        if isinstance(module, nn.Linear):
            return weight.shape[1]
        stride = int(module.stride[0])
        if isinstance(module, nn.Conv2d):
            ones = torch.ones(1, weight.shape[1], 16, 16)
            return nn.functional.conv2d(ones, torch.ones_like(weight), stride=stride)[0, 0].max().item()
        ones = torch.ones(1, weight.shape[0], 16, 16)
        spread = nn.functional.conv_transpose2d(ones, torch.ones_like(weight), stride=stride)
        inner = slice(4 * stride, 8 * stride)  # far from the edges, over whole periods
        return spread[0, 0, inner, inner].mean().item()


@pytest.mark.parametrize("training", [{}, {"initial": {"kind": "normal", "deviation": 0.05}}, HE])
def test_convolutions_and_linear_layers_start_as_asked(training: dict[str, Any]) -> None:
    counted = 0
    for network in build(training):
        for name, (module, weight) in weights(network).items():
            expected = training.get("initial", {"deviation": 0.02})
            deviation = (2 / fan_in_of(module, weight)) ** 0.5 if expected == "he" else expected["deviation"]
            if weight.numel() >= 3000:
                counted += 1
                assert weight.std().item() == pytest.approx(deviation, rel=0.05), name
            assert weight.abs().max().item() < 5 * deviation, name
            if module.bias is not None:
                assert not module.bias.any(), name
    assert counted >= 8


@pytest.mark.parametrize("deviation", [0.02, 1.0])
def test_embeddings_have_a_deviation_of_their_own(deviation: float) -> None:
    networks = build({"embedding_deviation": deviation})
    embeddings = [m.weight for net in networks for m in net.modules() if isinstance(m, nn.Embedding)]
    assert [embedding.shape[1] for embedding in embeddings] == [200, 200]
    for embedding in embeddings:
        assert embedding.std().item() == pytest.approx(deviation, rel=0.05)
    assert networks.discriminator.get_parameter("score.weight").std().item() == pytest.approx(0.02, rel=0.1)


def test_a_projections_vectors_start_like_the_score() -> None:
    discriminator = build(HE | {"embedding_deviation": 1.0}, "normalised", "projection").discriminator
    assert discriminator.projection is not None
    score = discriminator.get_parameter("score.weight")
    features = score.numel()
    for weight in (discriminator.projection.weight, score):
        assert weight.shape[1] == features
        assert weight.std().item() == pytest.approx((2 / features) ** 0.5, rel=0.1)


def test_gains_of_an_embedding_start_near_one() -> None:
    """Also where all else starts by its fan-in, which would throw them about."""
    generator = build(HE, "normalised", "projection").generator
    maps = [m for m in generator.modules() if isinstance(m, LinearBatchNorm)]
    assert maps
    for norm in maps:
        assert norm.gain.weight.std().item() == pytest.approx(0.02, rel=0.05)


def test_minibatch_discrimination_starts_by_its_fan_in() -> None:
    (layer,) = [m for m in build(HE).discriminator.modules() if isinstance(m, MinibatchDiscrimination)]
    features = layer.project.weight.shape[1]
    assert layer.project.weight.std().item() == pytest.approx((2 / features) ** 0.5, rel=0.05)


def test_layers_between_vectors_may_start_by_themselves() -> None:
    networks = build({"linear_initial": {"kind": "fan_in", "variance": 3.0}})
    counted = 0
    for network in networks:
        for name, (module, weight) in weights(network).items():
            own = (3 / weight.shape[1]) ** 0.5
            deviation = own if isinstance(module, nn.Linear) else 0.02
            counted += isinstance(module, nn.Linear)
            assert weight.std().item() == pytest.approx(
                deviation, rel=0.3 if weight.numel() < 3000 else 0.05
            ), name
    assert counted >= 3


def test_recipes_differ_by_what_is_drawn_and_by_nothing_else() -> None:
    def recipe(conditioning: str, **training: Any) -> str:
        part = "none" if conditioning == "none" else {"kind": conditioning, "embedding_dim": 4}
        tree = {
            "image": {"channels": 1, "resolution": 8, "classes": 3},
            "generator": {"stages": [{"norm": "layer"}], "conditioning": part},
            "discriminator": {"stages": [{}], "conditioning": part},
            "training": training,
        }
        return recipe_hash(Architecture.from_tree(tree, "recipe"))

    assert recipe("concat") != recipe("concat", embedding_deviation=1.0)
    assert recipe("none") == recipe("none", embedding_deviation=1.0)
    assert recipe("none") == recipe("none", gain_deviation=0.1)
    assert recipe("none") != recipe("none", initial="he")
    assert recipe("none") != recipe("none", linear_initial="he")
    assert recipe("none") == recipe("none", linear_initial={"kind": "normal", "deviation": 0.02})
    assert recipe("none", initial="he") == recipe("none", initial={"kind": "fan_in", "variance": 2.0})
    assert recipe("none") != recipe("none", generated_batch="shared")
