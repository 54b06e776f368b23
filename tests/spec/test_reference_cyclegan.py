"""CycleGAN's networks, counted by hand from the layers of the public code, and what a translation may not be."""

from __future__ import annotations

import itertools
import random

import pytest

from nas_gan.errors import InputError
from nas_gan.space import load_space, sample
from nas_gan.spec import Architecture, Image, compute_cost, plan_translation, recipe_hash

GREY = Image(channels=1, resolution=28, classes=10)


def convolution(inputs: int, outputs: int, kernel: int) -> int:
    return inputs * outputs * kernel**2 + outputs


def load(name: str) -> Architecture:
    return sample(load_space(f"reference/{name}"), GREY, random.Random(0))


@pytest.mark.parametrize(
    ("name", "width", "blocks", "generator", "discriminator"),
    [("cyclegan", 64, 9, 11_365_633, 2_762_689), ("cyclegan_small", 16, 3, 269_377, 166_625)],
)
def test_networks_have_the_parameters_of_the_public_code(
    name: str, width: int, blocks: int, generator: int, discriminator: int
) -> None:
    by_hand = (
        convolution(1, width, 7)
        + convolution(width, 2 * width, 3)
        + convolution(2 * width, 4 * width, 3)
        + blocks * 2 * convolution(4 * width, 4 * width, 3)
        + convolution(4 * width, 2 * width, 3)
        + convolution(2 * width, width, 3)
        + convolution(width, 1, 7)
    )
    channels = [1, 64, 128, 256, 512, 1] if name == "cyclegan" else [1, 32, 64, 128, 1]
    judge = sum(convolution(*pair, 4) for pair in itertools.pairwise(channels))
    cost = compute_cost(load(name))
    assert (
        (cost.generator_parameters, cost.discriminator_parameters)
        == (by_hand, judge)
        == (generator, discriminator)
    )


def test_a_patch_map_of_28_pixels_is_5_wide_with_two_halvings_and_one_number_with_three() -> None:
    small, full = load("cyclegan_small"), load("cyclegan")
    assert plan_translation(small)[1].outputs.resolution == 5
    assert plan_translation(full)[1].outputs.resolution == 1
    assert recipe_hash(small) != recipe_hash(full)
    assert plan_translation(small)[0].outputs == plan_translation(small)[0].inputs


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"loss": "hinge"}, 'a translation has "translator", "patch" and "cycle", and nothing else'),
        (
            {"training": {"discriminator_steps": 2}},
            "training.discriminator_steps: a translation knows no other",
        ),
        ({"regularisers": ["r1"]}, "regularisers: a translation knows no other"),
        ({"generator": {"kind": "translator", "depth": 3}}, "generator.depth 3: 28 can't be halved so often"),
        (
            {"discriminator": {"kind": "patch", "layers": 4}},
            "discriminator.layers 4: halvings leave 1 of 28 pixels",
        ),
    ],
)
def test_what_a_translation_may_not_be_is_said_in_one_line(changes: dict[str, object], problem: str) -> None:
    tree = {
        "image": {"channels": 1, "resolution": 28},
        "generator": {"kind": "translator"},
        "discriminator": {"kind": "patch", "layers": 2},
        "loss": "cycle",
    }
    Architecture.from_tree(tree, "x")
    with pytest.raises(InputError) as raised:
        Architecture.from_tree(tree | changes, "x")
    assert problem in str(raised.value)


def test_generation_takes_neither_single_images_nor_a_rate_that_falls() -> None:
    tree = load("zhang_gan").model_dump(mode="json")
    with pytest.raises(InputError, match="batch_size 1: a discriminator normalises by its batch"):
        Architecture.from_tree({**tree, "training": {"batch_size": 1}}, "x")
    with pytest.raises(InputError, match='"decaying_adam" is for translations'):
        Architecture.from_tree(
            {**tree, "optimisers": {"generator": {"kind": "decaying_adam", "decay_images": 9}}}, "x"
        )
