from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from nas_gan.report.topology import describe_topology, discriminator_line, draw_topology, generator_line
from nas_gan.spec import Architecture, plan_discriminator, plan_generator

EXAMPLE = {
    "image": {"channels": 1, "resolution": 28, "classes": 10},
    "generator": {
        "latent_dim": 64,
        "width": 16,
        "conditioning": {"kind": "conditional_batch_norm", "parameters": "linear"},
        "stages": [
            {"depth": 2, "connect": "residual", "upsample": {"kind": "nearest", "place": "before"}},
            {
                "depth": 3,
                "connect": {"kind": "dense", "growth": 8, "decay": 0.5},
                "preactivation": True,
                "skip": 1,
            },
        ],
    },
    "discriminator": {
        "width": 32,
        "stem_width": 8,
        "pool": "sum",
        "minibatch": "discrimination",
        "spectral_norm": True,
        "conditioning": "projection",
        "stages": [
            {"spectral_norm": True, "downsample": "average_pool"},
            {"norm": {"kind": "layer", "at": "before_convolution"}, "activation": "silu"},
        ],
    },
    "loss": "hinge",
}


@pytest.fixture(scope="module")
def example() -> Architecture:
    return Architecture.from_tree(EXAMPLE, "example")


def test_one_line_tells_blocks_widths_and_resampling(example: Architecture) -> None:
    # A dense stage has its width, 16, and what its later blocks add, 8 and 4.
    assert (
        generator_line(example)
        == "G z64 → 64·7×7 → 2×residual 32 ↑14 nearest → 3×dense+8…+4 28 ↑28 transposed → 1"
    )
    assert discriminator_line(example) == ("D 1·28×28 → 8 → plain 32 ↓14 pool → plain 64 ↓7 strided → score")


def test_a_drawing_has_aligned_columns(example: Architecture) -> None:
    assert draw_topology(example) == (
        "generator: latent 64 normal, conditional batch norm (linear)",
        "  stem     64·7×7    from latent",
        "  stage 0  32·14×14  2×residual    ↑nearest before  conv3 conditional-batch relu",
        "  stage 1  28·28×28  3×dense+8…+4  ↑transposed4     conditional-batch relu",
        "                                                    conv3, skip 1",
        "  head     1·28×28   to image                       conv3 tanh",
        "discriminator: projection",
        "  stem     8·28×28   from image                     spectral norm",
        "  stage 0  32·14×14  plain         ↓pool            conv3 leaky0.2,",
        "                                                    spectral norm",
        "  stage 1  64·7×7    plain         ↓strided4        layer conv3 silu",
        "  head     96        to score                       sum, minibatch",
        "                                                    discrimination 64→32×8,",
        "                                                    spectral norm",
        "training: hinge loss, batch 64, Adam 0.0002, 1 discriminator step, moving",
        "  average 0.999",
    )


@pytest.mark.parametrize("seed", range(60))
def test_any_architecture_is_drawn_within_80_columns(
    seed: int, pick_architecture: Callable[[int], Architecture]
) -> None:
    architecture = pick_architecture(seed)
    drawing = draw_topology(architecture)
    assert max(map(len, (*drawing, *describe_topology(architecture)))) <= 80
    rows = sum(re.match(r"  (stage|hidden) \d+  ", line) is not None for line in drawing)
    assert rows == sum(
        len(plan.stages) for plan in (plan_generator(architecture), plan_discriminator(architecture))
    )
    for plan in (plan_generator(architecture), plan_discriminator(architecture)):
        for stage in plan.stages:
            maps = stage.outputs
            square = f"·{maps.resolution}×{maps.resolution}" if maps.resolution > 1 else ""
            assert any(re.search(f"[ …]{maps.channels}{square} ", line) for line in drawing)


def test_different_networks_have_different_drawings(
    pick_architecture: Callable[[int], Architecture],
) -> None:
    drawings = {draw_topology(pick_architecture(seed)) for seed in range(40)}
    assert len(drawings) == 40


def test_perceptrons_are_drawn_by_their_runs() -> None:
    architecture = Architecture.from_tree(
        {
            "image": {"channels": 2, "resolution": 1},
            "generator": {
                "kind": "perceptron",
                "latent_dim": 8,
                "hidden": [{"width": 16, "depth": 3, "widening": 2.0}, {"width": 32, "connect": "residual"}],
            },
            "discriminator": {"kind": "perceptron", "hidden": [{"width": 32}], "bias": False},
            "loss": "wasserstein",
            "regularisers": ["gradient_penalty"],
            "optimisers": {"discriminator": {"kind": "rmsprop"}},
        },
        "points",
    )
    assert describe_topology(architecture) == (
        "G z8 → 3×plain 16…64 → residual 32 → 2",
        "D 2 → plain 32 → score",
    )
    assert draw_topology(architecture) == (
        "generator: latent 8 normal, unconditional",
        "  hidden 0  16…64  3×plain      linear batch relu",
        "  hidden 1  32     residual     linear batch relu",
        "  head      2      to values    linear",
        "discriminator: unconditional, no biases",
        "  hidden 0  32     plain        linear leaky0.2",
        "  head      32     to score",
        "training: wasserstein loss, gradient-penalty × 10, batch 64, Adam 0.0002 and",
        "  RMSprop 5e-05, 1 discriminator step, moving average 0.999",
    )


def test_what_stems_and_heads_do_is_drawn() -> None:
    architecture = Architecture.from_tree(
        {
            "image": {"channels": 3, "resolution": 32},
            "generator": {
                "width": 64,
                "stem_depth": 2,
                "stem_connect": {"kind": "dense", "growth": 8},
                "head_upsample": True,
                "head_kernel": 4,
                "attention": {"kind": "self", "stage": 1},
                "stages": [{}, {}],
            },
            "discriminator": {"width": 64, "stem_width": 64, "stem_downsample": True, "stages": [{}, {}]},
        },
        "stems",
    )
    assert discriminator_line(architecture) == (
        "D 3·32×32 → 64 ↓16 → plain 64 ↓8 strided → plain 128 ↓4 strided → score"
    )
    lines = draw_topology(architecture)
    # The stem has 256 maps, and two dense blocks add 8 each.
    assert lines[1].split() == ["stem", "272·4×4", "from", "latent,", "3×dense+8"]
    assert any("attention" in line for line in lines)
    assert any(line.startswith("  head") and "↑transposed4" in line for line in lines)
