"""Networks from folders: of a run, or of a bundle."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load

from nas_gan.errors import InputError
from nas_gan.export.plain import plain_architecture
from nas_gan.nets import (
    Discriminator,
    Generator,
    Translators,
    load_discriminator,
    load_generator,
    load_translators,
)
from nas_gan.spec import Architecture

ARCHITECTURE_FILE = "architecture.json"
WEIGHTS_FILE = "generator.safetensors"
DISCRIMINATOR_FILE = "discriminator.safetensors"
REMEDY = "give the folder of a trial, of `train -o` or of a bundle"


def load_folder(folder: Path, weights: str = WEIGHTS_FILE) -> tuple[Architecture, Generator]:
    """Load a generator from latents as `load_networks` does; raises InputError for one that translates, too."""
    architecture, generator = load_networks(folder, weights)
    if isinstance(generator, Translators):
        raise InputError(
            f"{folder}: its generators translate images, and make none of noise; see samples.png there, or export it "
            "and use its model.py"
        )
    return architecture, generator


def load_networks(folder: Path, weights: str = WEIGHTS_FILE) -> tuple[Architecture, Generator | Translators]:
    """Load what a run or an export has left; the generator is in evaluation mode, on the CPU.

    `weights`: the name of their file.

    A bundle's weights are those after spectral normalisation, a run's those before; both are read. Raises
    InputError if a file is missing or damaged, or if the two don't belong together.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; {REMEDY}")
    architecture = load_architecture(folder / ARCHITECTURE_FILE)
    path = folder / weights
    if architecture.translates:
        return architecture, load_translators(architecture, path)
    return architecture, load_generator(_built(architecture, path), path)


def load_folder_discriminator(folder: Path) -> Discriminator:
    """Load the discriminator that a run, or an export that was asked for it, has left, as `load_folder` does."""
    path = find_discriminator(folder)
    return load_discriminator(_built(load_architecture(folder / ARCHITECTURE_FILE), path), path)


def find_discriminator(folder: Path) -> Path:
    """Return the file with the weights of what discriminates; raises InputError where there is none."""
    path = folder / DISCRIMINATOR_FILE
    if not path.exists():
        raise InputError(
            f"{folder}: holds no {DISCRIMINATOR_FILE}; train it again with: python -m nas_gan train {folder} -o NEW"
        )
    return path


def load_architecture(path: Path) -> Architecture:
    """Read an architecture from JSON; raises InputError if there is none."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); {REMEDY}") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path}: not an architecture; restore the folder as it was")
    return Architecture.from_tree(tree, str(path))


def _built(architecture: Architecture, path: Path) -> Architecture:
    """Return the architecture whose networks take the weights of a file."""
    try:
        is_spectral = any(".parametrizations." in name for name in load(path.read_bytes()))
    except (OSError, SafetensorError):
        is_spectral = False  # whoever loads it says what is wrong with the file
    return architecture if is_spectral else plain_architecture(architecture)
