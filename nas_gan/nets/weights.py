"""A generator's weights on disk: safetensors, whole or absent, never a pickle."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from nas_gan.errors import InputError
from nas_gan.nets.build import build_generator
from nas_gan.nets.networks import Generator
from nas_gan.spec import Architecture


def save_generator(generator: Generator, path: Path) -> None:
    """Writes all weights and buffers beside `path` and renames them there."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in generator.state_dict().items()}
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    # Not safetensors' own save_file: that makes files which only their owner can read.
    beside.write_bytes(save(tensors))
    beside.replace(path)


def load_generator(architecture: Architecture, path: Path) -> Generator:
    """Builds the generator and loads its weights; in evaluation mode, on the CPU.

    Raises InputError if the file is missing, damaged, or of another architecture.
    """
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: no usable weights ({error}); train the architecture again") from None
    generator = build_generator(architecture)
    try:
        generator.load_state_dict(tensors)
    except RuntimeError:
        raise InputError(
            f"{path}: weights of another architecture than the one beside it; restore the folder as it was"
        ) from None
    return generator.eval()
