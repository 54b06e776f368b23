"""A network's weights on disk: safetensors, whole or absent, never a pickle."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from nas_gan.errors import InputError
from nas_gan.files import write_whole
from nas_gan.nets.build import build_discriminator, build_generator
from nas_gan.nets.networks import Discriminator, Generator
from nas_gan.spec import Architecture

Network = TypeVar("Network", bound=nn.Module)


def load_generator(architecture: Architecture, path: Path) -> Generator:
    """Build the generator and load its weights; in evaluation mode, on the CPU.

    Raises InputError if the file is missing, damaged, or of another architecture.
    """
    return load_weights(build_generator(architecture), path)


def load_discriminator(architecture: Architecture, path: Path) -> Discriminator:
    """Build the discriminator and load its weights; in evaluation mode, on the CPU.

    Raises InputError if the file is missing, damaged, or of another architecture.
    """
    return load_weights(build_discriminator(architecture), path)


def save_network(network: nn.Module, path: Path) -> None:
    """Write all weights and buffers beside `path` and rename them there."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    # Not safetensors' own save_file: that makes files which only their owner can read.
    write_whole(path, save(tensors))


def load_weights(network: Network, path: Path) -> Network:
    """Load weights and buffers into a network and return it in evaluation mode.

    Raises InputError if the file is missing, damaged, or of another architecture.
    """
    try:
        tensors = load(path.read_bytes())  # its own reader of files refuses names that aren't UTF-8
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: no usable weights ({error}); train the architecture again") from None
    try:
        network.load_state_dict(tensors)
    except RuntimeError:
        raise InputError(
            f"{path}: weights of another architecture than the one beside it; restore the folder as it was"
        ) from None
    return network.eval()
