"""Sizes: worked out by hand, and counted one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nas_gan.space import Space, SpaceSize
from nas_gan.spec import Architecture, Image

Read = Callable[[str], Space]
Points = Callable[[Space, Image], list[tuple[dict[str, Any], Architecture]]]

STAGES = "[generator.stages]\n[discriminator.stages]\n"

SIZES = [
    ("", 1),
    ("[generator]\nwidth.choice = [8, 16, 32]", 3),
    ("[generator]\nwidth = { int = [8, 32], step = 8 }\nlatent_dim.int = [3, 7]", 4 * 5),
    ("[training]\nmoving_average = { float = [0.0, 0.9], step = 0.3 }", 4),
    ("[generator]\nwidth.choice = [8, 16]\n[discriminator]\nwidth = { same_as = 'generator.width' }", 2),
    # An option with three points of its own beside one without.
    (
        "[discriminator.minibatch]\nchoice = ['none', { kind = 'discrimination', dims.choice = [2, 4, 8] }]",
        1 + 3,
    ),
    # The shared hole comes in unless both are 'none': 1 + 3 · 2 combinations of which 3 use it.
    (
        "[shared]\nsize.choice = [4, 8]\n"
        "[generator]\nwidth.choice = [16, { label = 'shared', same_as = 'shared.size' }]\n"
        "[discriminator]\nwidth.choice = [16, { label = 'shared', same_as = 'shared.size' }]",
        1 + 3 * 2,
    ),
    # A shared hole that may copy another: 1 of 2 points of `a` uses `b`, and so does the discriminator in 1 of 2.
    # a=4: 1 + 3 (b); a=b: 3 + 3.
    (
        "[shared]\na.choice = [4, { label = 'b', same_as = 'shared.b' }]\nb.choice = [5, 6, 7]\n"
        "[generator]\nwidth = { same_as = 'shared.a' }\n"
        "[discriminator]\nwidth.choice = [16, { label = 'b', same_as = 'shared.b' }]",
        1 + 3 + 3 + 3,
    ),
    # Two joint choices: (1 + 2 · 3) options of labels, times (2 + 1) of size.
    (
        "[[joint.labels.choice]]\nlabel = 'off'\n"
        "[[joint.labels.choice]]\nlabel = 'on'\n"
        "generator.conditioning.choice = ['concat', 'hidden_concat']\n"
        "discriminator.conditioning.choice = ['concat', 'projection', 'auxiliary_classifier']\n"
        "[[joint.size.choice]]\nlabel = 'small'\ngenerator.width.choice = [4, 8]\n"
        "[[joint.size.choice]]\nlabel = 'large'\ngenerator.width = 16\n",
        7 * 3,
    ),
]


@pytest.mark.parametrize(("text", "count"), SIZES)
def test_sizes_by_hand_and_one_by_one(
    read: Read, points: Points, digits: Image, text: str, count: int
) -> None:
    space = read(STAGES + text)
    assert space.size(digits) == SpaceSize(count, exact=True)
    visited = [json.dumps(point, sort_keys=True) for point, _ in points(space, digits)]
    assert len(visited) == len(set(visited)) == count


def test_templates_count_once_a_stage(read: Read) -> None:
    space = read("[generator.stages]\ndepth.int = [1, 3]\nskip.int = [0, 2]\n[discriminator.stages]\n")
    # Skips are cut to 2 values in the first stage.
    assert space.size(Image(channels=1, resolution=28)) == SpaceSize(3**2 * 2 * 3, exact=True)
    assert space.size(Image(channels=1, resolution=64)) == SpaceSize(3**4 * 2 * 3**3, exact=True)


def test_continuous_holes_make_the_size_a_lower_bound(read: Read, digits: Image) -> None:
    space = read(
        STAGES
        + "[generator]\nwidth.choice = [8, 16]\n[optimisers.generator]\nlearning_rate.float = [1e-4, 1e-3]\n"
    )
    assert space.size(digits) == SpaceSize(2, exact=False)


def test_large_sizes_are_exact(read: Read) -> None:
    stage = "width.int = [1, 4096]\nkernel.int = [1, 7]\nspectral_norm.choice = [false, true]\n"
    space = read(f"[generator.stages]\n{stage}[discriminator.stages]\n{stage}")
    size = space.size(Image(channels=3, resolution=512))
    assert size == SpaceSize((4096 * 7 * 2) ** 14, exact=True)


def test_tiny_one_by_one(points: Points) -> None:
    from nas_gan.space import load_space

    space, image = load_space("tiny"), Image(channels=1, resolution=8, classes=2)
    visited = points(space, image)
    size = space.size(image)
    assert size == SpaceSize(len(visited), exact=False)
    assert len({architecture.model_dump_json() for _, architecture in visited}) == len(visited)
