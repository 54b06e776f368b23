"""The four networks of a translation, as one module of both generators and one of both discriminators."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, final

import torch
from torch import nn

from nas_gan.nets.build_layer import build_chain
from nas_gan.nets.initialise import draw
from nas_gan.nets.weights import load_weights
from nas_gan.spec import Architecture, plan_translation
from nas_gan.spec.layers import Sequence


@final
class Translators(nn.Module):
    """Both generators, from images float [n, c, r, r] in [-1, 1] to such images: `forth` from the origin to the
    target, `back` from the target to the origin.
    """

    def __init__(self, plan: Sequence) -> None:
        super().__init__()
        self.forth = build_chain(plan)
        self.back = build_chain(plan)


@final
class Judges(nn.Module):
    """Both discriminators, from images float [n, c, r, r] of a domain to scores of patches [n, 1, p, p], unbounded."""

    def __init__(self, plan: Sequence) -> None:
        super().__init__()
        self.origin = build_chain(plan)
        self.target = build_chain(plan)


class TranslationNetworks(NamedTuple):
    """All four."""

    generators: Translators
    discriminators: Judges


@torch.no_grad()
def build_translation(architecture: Architecture, seed: int) -> TranslationNetworks:
    """Build all four on the CPU; the same seed gives the same weights, bit for bit."""
    plan, judging = plan_translation(architecture)
    with torch.random.fork_rng(devices=[]):
        networks = TranslationNetworks(Translators(plan), Judges(judging))
    random = torch.Generator().manual_seed(seed)
    draw(plan, networks.generators.forth, random)
    draw(plan, networks.generators.back, random)
    draw(judging, networks.discriminators.origin, random)
    draw(judging, networks.discriminators.target, random)
    return networks


def load_translators(architecture: Architecture, path: Path) -> Translators:
    """Build both generators and load their weights; in evaluation mode, on the CPU.

    Raises InputError if the file is missing, damaged, or of another architecture.
    """
    return load_weights(Translators(plan_translation(architecture)[0]), path)


def load_judges(architecture: Architecture, path: Path) -> Judges:
    """Build both discriminators and load their weights, likewise."""
    return load_weights(Judges(plan_translation(architecture)[1]), path)
