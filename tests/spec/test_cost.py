"""Parameters and multiply-adds against tables worked out by hand."""

from __future__ import annotations

from nas_gan.spec import Architecture, Cost, compute_cost


def test_a_dcgan_for_digits_by_hand() -> None:
    tree = {
        "image": {"channels": 1, "resolution": 28},
        "generator": {"latent_dim": 100, "width": 64, "stages": [{}, {}], "head_kernel": 3},
        "discriminator": {"width": 64, "stages": [{}, {"norm": "batch"}]},
    }
    # Stem 100→256 at 7×7, transposed 4×4 to 128 and 64, each with batch normalisation and no bias; 3×3 head.
    generator_parameters = (
        (100 * 256 * 49 + 2 * 256) + (256 * 128 * 16 + 2 * 128) + (128 * 64 * 16 + 2 * 64) + (64 * 9 + 1)
    )
    # A transposed convolution works once a place of its input.
    generator_macs = 100 * 256 * 49 + 256 * 128 * 16 * 49 + 128 * 64 * 16 * 196 + 64 * 9 * 784
    # Strided 4×4 to 64 with bias, to 128 with batch normalisation, then one score of 128·7·7 values.
    discriminator_parameters = (64 * 16 + 64) + (64 * 128 * 16 + 2 * 128) + (128 * 49 + 1)
    discriminator_macs = 64 * 16 * 196 + 64 * 128 * 16 * 49 + 128 * 49
    assert compute_cost(Architecture.from_tree(tree, "dcgan")) == Cost(
        generator_parameters, generator_macs, discriminator_parameters, discriminator_macs
    )


def test_a_dense_stage_by_hand() -> None:
    stage = {
        "depth": 3,
        "connect": {"kind": "dense", "growth": 8, "decay": 0.5},
        "width": 10,
        "norm": "none",
        "upsample": "nearest",
    }
    tree = {
        "image": {"channels": 3, "resolution": 8},
        "generator": {"latent_dim": 5, "stem_width": 6, "stages": [stage]},
        "discriminator": {"stages": [{}]},
    }
    # 6→10, then 8 maps of 10, then 4 maps of 18; the head takes 22.
    stem = 5 * 6 * 16 + 6
    blocks = (6 * 10 * 9 + 10) + (10 * 8 * 9 + 8) + (18 * 4 * 9 + 4)
    head = 22 * 3 * 9 + 3
    cost = compute_cost(Architecture.from_tree(tree, "dense"))
    assert cost.generator_parameters == stem + blocks + head
    assert cost.generator_macs == 5 * 6 * 16 + 64 * ((6 * 10 + 10 * 8 + 18 * 4 + 22 * 3) * 9)
