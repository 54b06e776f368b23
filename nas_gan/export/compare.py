"""Reloading a bundle, in every form that it holds the generator in, and comparing the images."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nas_gan.export.draw import draw_labels, draw_latents
from nas_gan.export.load import WEIGHTS_FILE, load_folder
from nas_gan.nets import Generator
from nas_gan.spec import Architecture

MODEL_FILE = "model.py"
PROGRAM_FILE = "generator.pt2"
ONNX_FILE = "generator.onnx"

LARGEST_DIFFERENCE = 1e-5  # of values in [-1, 1]; a grey level is 7.8e-3
BATCH_SIZES = (1, 5)

Generate = Callable[..., Tensor]
"""From latents and, if conditional, labels to images."""


class MismatchError(Exception):
    """A file of a bundle doesn't give the images of the generator that it was made from."""


def compare_bundle(folder: Path, architecture: Architecture, generator: Generator) -> dict[str, float]:
    """Gives the largest absolute difference to the generator's images on fixed noise, by file name.

    An ONNX file is compared if `onnxruntime` is installed. Raises MismatchError above 1e-5.
    """
    differences = {}
    for name, load in LOADERS.items():
        if not (folder / name).exists():
            continue
        loaded = load(folder)
        if loaded is None:
            continue
        difference = _compute_difference(loaded, generator, architecture)
        # Not a number is a failure too.
        if not difference <= LARGEST_DIFFERENCE:
            raise MismatchError(
                f"{name}: its images differ from the generator's by {difference:.1e}, "
                f"more than {LARGEST_DIFFERENCE:.0e}"
            )
        differences[name] = difference
    return differences


def _compute_difference(given: Generate, expected: Generate, architecture: Architecture) -> float:
    spec = architecture.generator
    differences = []
    for count in BATCH_SIZES:
        inputs = [draw_latents(count, spec.latent_dim, spec.latent_distribution, seed=count)]
        if architecture.conditional:
            inputs.append(draw_labels(count, architecture.image.classes))
        with torch.inference_mode():
            differences.append((given(*inputs) - expected(*inputs)).abs().max())
    return float(torch.stack(differences).max())


def _load_weights(folder: Path) -> Generate:
    return load_folder(folder)[1]


def _load_model(folder: Path) -> Generate:
    # Not imported as a module, which would leave a folder of compiled code in the bundle.
    load: Callable[[], Generate] = runpy.run_path(str(folder / MODEL_FILE))["load"]
    return load()


def _load_program(folder: Path) -> Generate:
    return torch.export.load(folder / PROGRAM_FILE).module()


def _load_onnx(folder: Path) -> Generate | None:
    try:
        from onnxruntime import InferenceSession
    except ImportError:
        return None
    session = InferenceSession(folder / ONNX_FILE)
    names = [given.name for given in session.get_inputs()]

    def generate(*inputs: Tensor) -> Tensor:
        feed: dict[str, Any] = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        return torch.from_numpy(session.run(None, feed)[0])

    return generate


LOADERS: dict[str, Callable[[Path], Generate | None]] = {
    WEIGHTS_FILE: _load_weights,
    MODEL_FILE: _load_model,
    PROGRAM_FILE: _load_program,
    ONNX_FILE: _load_onnx,
}
