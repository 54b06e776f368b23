"""Generators as programs for other runtimes: PyTorch's exported program and ONNX."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from nas_gan.errors import InputError
from nas_gan.spec import Architecture

ONNX_PACKAGES = ("onnx", "onnxscript")


def check_onnx_is_installed() -> None:
    """Raise InputError, with the command that installs it, unless ONNX can be written."""
    missing = [package for package in ONNX_PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(
            f"{' and '.join(missing)} not installed; install with: pip install -e '.[onnx]'",
            setting="onnx",
        )


def input_shape(architecture: Architecture) -> tuple[int, ...]:
    """Return the shape of what one image is made of: a latent, or an image of the origin."""
    image = architecture.image
    if architecture.translates:
        return (image.channels, image.resolution, image.resolution)
    return (architecture.latent_generator.latent_dim,)


def input_names(architecture: Architecture) -> tuple[str, ...]:
    """Return what an ONNX file calls its inputs, in order."""
    first = "origin" if architecture.translates else "latent"
    return (first, "labels") if architecture.conditional else (first,)


def trace(generator: nn.Module, architecture: Architecture) -> ExportedProgram:
    """Trace a generator of ordinary weights, in evaluation mode, into the program that the two writers take.

    The program takes latents float32 [n, latent_dim], and, if conditional, labels int64 [n], for any n. One that
    translates to the target takes images float32 [n, c, r, r] in their place.
    """
    inputs: tuple[Tensor, ...] = (torch.zeros(2, *input_shape(architecture)),)
    if architecture.conditional:
        inputs = (*inputs, torch.zeros(2, dtype=torch.int64))
    count = Dim("count", min=1)
    return torch.export.export(generator, inputs, dynamic_shapes=tuple({0: count} for _ in inputs))


def write_pt2(program: ExportedProgram, path: Path) -> None:
    """Write a program that `torch.export.load` reads; it holds raw tensors and JSON, and no pickle."""
    # They would be the one part of the file that is a pickle.
    program.example_inputs = None
    torch.export.save(program, path)


def write_onnx(program: ExportedProgram, names: tuple[str, ...], path: Path) -> None:
    """Write the program as one ONNX file with inputs of these names and the output `images`."""
    # The first input's first axis names the count everywhere, since all counts are one symbol.
    axes = ({0: "count"}, *(None for _ in program.graph_signature.user_inputs[1:]))
    torch.onnx.export(
        program,
        f=path,
        input_names=names,
        output_names=["images"],
        dynamic_shapes=axes,
        external_data=False,
        verbose=False,
    )
