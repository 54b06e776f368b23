"""Networks without spectral normalisation: its result is kept as an ordinary weight.

Spectral normalisation (Miyato et al. 2018) divides each weight by its largest singular value, which only
training changes. Formats for use elsewhere know ordinary weights alone.
"""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn

from nas_gan.nets import Discriminator, Generator, Translators, build_discriminator, build_generator
from nas_gan.spec import Architecture

Network = TypeVar("Network", bound=nn.Module)


def plain_architecture(architecture: Architecture) -> Architecture:
    """Return the architecture whose networks take the weights of `plain_generator` and `plain_discriminator`."""
    if architecture.translates:
        return architecture
    plain = {}
    for side in ("generator", "discriminator"):
        network = getattr(architecture, side)
        name = "stages" if hasattr(network, "stages") else "hidden"
        runs = tuple(run.model_copy(update={"spectral_norm": False}) for run in getattr(network, name))
        plain[side] = network.model_copy(update={name: runs, "spectral_norm": False})
    return architecture.model_copy(update=plain)


def plain_generator(architecture: Architecture, generator: Generator) -> Generator:
    """Return a generator of ordinary weights that gives the same images as `generator`, in evaluation mode both."""
    return _copy_weights(generator, build_generator(plain_architecture(architecture)))


def plain_discriminator(architecture: Architecture, discriminator: Discriminator) -> Discriminator:
    """Return a discriminator of ordinary weights that judges as `discriminator` does, in evaluation mode both."""
    return _copy_weights(discriminator, build_discriminator(plain_architecture(architecture)))


def _copy_weights(network: nn.Module, plain: Network) -> Network:
    # Taking the normalisation off a copy would break the original: PyTorch gives both one class.
    weights = {}
    for name in plain.state_dict():
        module, _, tensor = name.rpartition(".")
        weights[name] = getattr(network.get_submodule(module), tensor)
    plain.load_state_dict(weights)
    return plain.eval()


def plain_module(architecture: Architecture, generator: Generator | Translators) -> nn.Module:
    """Return what makes a bundle's images, of ordinary weights: of both generators of a translation, the one to the
    target.
    """
    if isinstance(generator, Translators):
        return copy.deepcopy(generator.forth)
    return plain_generator(architecture, generator)
