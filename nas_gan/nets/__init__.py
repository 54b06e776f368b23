"""Modules, the builder from an architecture to its two networks, and the images that a generator makes."""

from nas_gan.nets.build import Networks, build_discriminator, build_generator, build_networks
from nas_gan.nets.generate import draw_labels, draw_latents, generate_images, to_uint8
from nas_gan.nets.networks import Discriminator, Generator, Verdict
from nas_gan.nets.weights import load_discriminator, load_generator, save_discriminator, save_generator

__all__ = [
    "Discriminator",
    "Generator",
    "Networks",
    "Verdict",
    "build_discriminator",
    "build_generator",
    "build_networks",
    "draw_labels",
    "draw_latents",
    "generate_images",
    "load_discriminator",
    "load_generator",
    "save_discriminator",
    "save_generator",
    "to_uint8",
]
