"""How the published architectures are read and counted."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from nas_gan.nets import build_networks
from nas_gan.space import load_space, sample
from nas_gan.space.space import FileSpace
from nas_gan.spec import Architecture, Image, compute_cost, plan_discriminator, plan_generator

Shape = tuple[int, int]


class Count(NamedTuple):
    """Parameters of the two networks, worked out by hand."""

    generator: int
    discriminator: int


class Reached(NamedTuple):
    """Channels and resolution after the stem and each stage of a network."""

    generator: list[Shape]
    discriminator: list[Shape]


def _load(name: str) -> tuple[Architecture, Mapping[str, int]]:
    space = load_space(f"reference/{name}")
    assert isinstance(space, FileSpace)
    image = Image(**space.content.image)
    assert space.holes(image) == ()
    return sample(space, image, random.Random(0)), space.content.image


@pytest.fixture(scope="session")
def load_reference() -> Callable[[str], Architecture]:
    """Gives the architecture of a file without holes."""
    return lambda name: _load(name)[0]


@pytest.fixture(scope="session")
def check_reference() -> Callable[[str, Mapping[str, int], tuple[int, int]], None]:
    """Checks a file's image, and the parameters of plan and modules against (generator, discriminator)."""

    def check(name: str, image: Mapping[str, int], parameters: tuple[int, int]) -> None:
        architecture, fixed = _load(name)
        assert fixed == image
        cost = compute_cost(architecture)
        assert Count(cost.generator_parameters, cost.discriminator_parameters) == Count(*parameters)
        for network, wanted in zip(build_networks(architecture, seed=0), parameters, strict=True):
            assert sum(parameter.numel() for parameter in network.parameters()) == wanted

    return check


@pytest.fixture(scope="session")
def reach() -> Callable[[str], Reached]:
    """Gives channels and resolution after the stem and each stage of both networks of a file."""

    def shapes(name: str) -> Reached:
        architecture, _ = _load(name)
        plans = plan_generator(architecture), plan_discriminator(architecture)
        maps = [[plan.stem.outputs, *(stage.body.outputs for stage in plan.stages)] for plan in plans]
        return Reached(*([(each.channels, each.resolution) for each in network] for network in maps))

    return shapes
