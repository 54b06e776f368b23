"""Networks without spectral normalisation: its result is kept as an ordinary weight.

Spectral normalisation (Miyato et al. 2018) divides each weight by its largest singular value, which only
training changes. Formats for use elsewhere know ordinary weights alone.
"""

from __future__ import annotations

import copy

from torch import nn

from nas_gan.nets import Generator, Translators, build_generator
from nas_gan.spec import Architecture
from nas_gan.spec.networks import ConvolutionalGenerator


def plain_architecture(architecture: Architecture) -> Architecture:
    """Return the architecture whose generator takes the weights of `plain_generator`."""
    if architecture.translates:
        return architecture
    generator = architecture.latent_generator
    name = "stages" if isinstance(generator, ConvolutionalGenerator) else "hidden"
    runs = tuple(run.model_copy(update={"spectral_norm": False}) for run in getattr(generator, name))
    plain = generator.model_copy(update={name: runs, "spectral_norm": False})
    return architecture.model_copy(update={"generator": plain})


def plain_generator(architecture: Architecture, generator: Generator) -> Generator:
    """Return a generator of ordinary weights that gives the same images as `generator`, in evaluation mode both."""
    # Taking the normalisation off a copy would break the original: PyTorch gives both one class.
    plain = build_generator(plain_architecture(architecture))
    weights = {}
    for name in plain.state_dict():
        module, _, tensor = name.rpartition(".")
        weights[name] = getattr(generator.get_submodule(module), tensor)
    plain.load_state_dict(weights)
    return plain.eval()


def plain_module(architecture: Architecture, generator: Generator | Translators) -> nn.Module:
    """Return what makes a bundle's images, of ordinary weights: of both generators of a translation, the one to the
    target.
    """
    if isinstance(generator, Translators):
        return copy.deepcopy(generator.forth)
    return plain_generator(architecture, generator)
