"""From an architecture to its two networks, with initial weights from a seed."""

from __future__ import annotations

from typing import NamedTuple

import torch

from nas_gan.nets.initialise import initialise_discriminator, initialise_generator
from nas_gan.nets.networks import Discriminator, Generator
from nas_gan.spec import Architecture, plan_discriminator, plan_generator


class Networks(NamedTuple):
    """The two networks of a GAN."""

    generator: Generator
    discriminator: Discriminator


def build_networks(architecture: Architecture, seed: int) -> Networks:
    """Build both networks on the CPU; the same seed gives the same weights, bit for bit.

    Each layer starts as the plans say; the process-wide random state is left as it was.
    """
    plans = plan_generator(architecture), plan_discriminator(architecture)
    with torch.random.fork_rng(devices=[]):
        # Spectral normalisation draws its singular vectors from the process-wide state when it is built.
        torch.manual_seed(seed)
        networks = Networks(Generator(plans[0]), Discriminator(plans[1]))
    random = torch.Generator().manual_seed(seed)
    initialise_generator(plans[0], networks.generator, random)
    initialise_discriminator(plans[1], networks.discriminator, random)
    return networks


def build_generator(architecture: Architecture) -> Generator:
    """Build the generator alone, for weights that are loaded into it."""
    return Generator(plan_generator(architecture))


def build_discriminator(architecture: Architecture) -> Discriminator:
    """Build the discriminator alone, for weights that are loaded into it."""
    return Discriminator(plan_discriminator(architecture))
