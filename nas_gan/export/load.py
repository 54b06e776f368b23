"""Generators from folders: of a run, or of a bundle."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load

from nas_gan.errors import InputError
from nas_gan.export.plain import plain_architecture
from nas_gan.nets import Generator, Translators, load_generator, load_translators
from nas_gan.spec import Architecture

ARCHITECTURE_FILE = "architecture.json"
WEIGHTS_FILE = "generator.safetensors"
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
    built = architecture if _has_spectral_norm(path) else plain_architecture(architecture)
    return architecture, load_generator(built, path)


def load_architecture(path: Path) -> Architecture:
    """Read an architecture from JSON; raises InputError if there is none."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); {REMEDY}") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path}: not an architecture; restore the folder as it was")
    return Architecture.from_tree(tree, str(path))


def _has_spectral_norm(path: Path) -> bool:
    try:
        return any(".parametrizations." in name for name in load(path.read_bytes()))
    except (OSError, SafetensorError):
        return False  # load_generator says what is wrong with the file
