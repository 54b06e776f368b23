"""Modules, the builder from an architecture to its two networks, and the images that a generator makes."""

from nas_gan.nets.build import Networks, build_discriminator, build_generator, build_networks
from nas_gan.nets.generate import draw_labels, draw_latents, generate_images, to_uint8
from nas_gan.nets.networks import Discriminator, Generator, Verdict
from nas_gan.nets.translation import (
    Judges,
    TranslationNetworks,
    Translators,
    build_translation,
    load_judges,
    load_translators,
)
from nas_gan.nets.weights import load_discriminator, load_generator, save_network

__all__ = [
    "Discriminator",
    "Generator",
    "Judges",
    "Networks",
    "TranslationNetworks",
    "Translators",
    "Verdict",
    "build_discriminator",
    "build_generator",
    "build_networks",
    "build_translation",
    "draw_labels",
    "draw_latents",
    "generate_images",
    "load_discriminator",
    "load_generator",
    "load_judges",
    "load_translators",
    "save_network",
    "to_uint8",
]
