"""From an architecture to its two networks, with initial weights from a seed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn.utils import parametrize

from nas_gan.nets.networks import Discriminator, Generator
from nas_gan.spec import Architecture, plan_discriminator, plan_generator


class Networks(NamedTuple):
    """The two networks of a GAN."""

    generator: Generator
    discriminator: Discriminator


def build_networks(architecture: Architecture, seed: int) -> Networks:
    """Builds both networks on the CPU; the same seed gives the same weights, bit for bit.

    Weights of convolutions, linear layers and embeddings are drawn from N(0, initial_deviation²), biases
    are 0 and shifts 0, as in DCGAN (Radford et al. 2015); gains are 1, or drawn from N(1, gain_deviation²).
    The process-wide random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        # Spectral normalisation draws its singular vectors from the process-wide state when it is built.
        torch.manual_seed(seed)
        networks = Networks(
            Generator(plan_generator(architecture)), Discriminator(plan_discriminator(architecture))
        )
    generator = torch.Generator().manual_seed(seed)
    for network in networks:
        initialise(network, architecture.training.initial_deviation, generator)
        draw_gains(network, architecture.training.gain_deviation, generator)
    return networks


def build_generator(architecture: Architecture) -> Generator:
    """Builds the generator alone, for weights that are loaded into it."""
    return Generator(plan_generator(architecture))


def build_discriminator(architecture: Architecture) -> Discriminator:
    """Builds the discriminator alone, for weights that are loaded into it."""
    return Discriminator(plan_discriminator(architecture))


@torch.no_grad()
def initialise(network: nn.Module, deviation: float, generator: torch.Generator) -> None:
    """Draws the weights of a network from N(0, deviation²) and sets its biases to 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
            weight = module.weight
            if parametrize.is_parametrized(module, "weight"):
                weight = module.parametrizations.weight.original  # type: ignore[union-attr, assignment]
            weight.normal_(0.0, deviation, generator=generator)
            bias = getattr(module, "bias", None)
            if bias is not None:
                bias.zero_()


@torch.no_grad()
def draw_gains(network: nn.Module, deviation: float, generator: torch.Generator) -> None:
    """Draws the gains of unconditional batch normalisation from N(1, deviation²), where that isn't 0."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine and deviation > 0:
            module.weight.normal_(1.0, deviation, generator=generator)
