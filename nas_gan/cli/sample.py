"""`sample`: a picture of what a generator makes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.cli.common import print_json
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from nas_gan.nets import Generator
    from nas_gan.spec import Architecture

MOST_IMAGES = 4096
MOST_CLASS_COLUMNS = 16


def sample(
    folder: Annotated[Path, typer.Argument(help="A run's folder, or a bundle.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.png", help="The picture.")],
    count: Annotated[int, typer.Option("--count", "-n", help="Images, 1 to 4096.")] = 64,
    only: Annotated[
        int | None, typer.Option("--class", help="Images of one class. [default: all classes in turn]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the latents.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Draw samples of a generator into one picture.

    \b
    Examples:
      python -m nas_gan sample runs/resdense-mnist5k/7 -n 64 -o grid.png
      python -m nas_gan sample bundle --class 3 --seed 1 -o threes.png
    """
    _check(count, seed, output)
    from nas_gan.data.grid import grid_png
    from nas_gan.export import load_folder

    architecture, generator = load_folder(folder)
    _check_class(only, architecture, folder)
    columns = grid_columns(count, architecture, only)
    picture = grid_png(draw_pixels(architecture, generator, count, only, seed), columns)
    try:
        output.write_bytes(picture)
    except OSError as error:
        raise InputError(f"-o {output}: can't be written ({error.strerror}); give another file") from None
    if json:
        print_json({"file": str(output), "images": count, "columns": columns, "class": only, "seed": seed})
    else:
        typer.echo(f"{count} samples in {output}")


def draw_pixels(
    architecture: Architecture, generator: Generator, count: int, only: int | None, seed: int
) -> Tensor:
    """Samples uint8 [count, c, r, r]: of class `only`, or of all classes in turn."""
    import torch

    from nas_gan.export import draw_labels, draw_latents, generate, to_pixels

    spec = architecture.generator
    latents = draw_latents(count, spec.latent_dim, spec.latent_distribution, seed)
    labels = draw_labels(count, architecture.image.classes, only) if architecture.conditional else None
    return torch.cat([to_pixels(images) for images in generate(generator, latents, labels)])


def grid_columns(count: int, architecture: Architecture, only: int | None = None) -> int:
    """Columns of a picture: about a square, or one for each class where classes are few and in turn."""
    classes = architecture.image.classes
    if architecture.conditional and only is None and classes <= min(count, MOST_CLASS_COLUMNS):
        return classes
    return math.ceil(math.sqrt(count))


def _check(count: int, seed: int, output: Path) -> None:
    if not 1 <= count <= MOST_IMAGES:
        raise InputError(f"-n {count}: give 1 to {MOST_IMAGES} images")
    if not 0 <= seed < 2**63:
        raise InputError(f"--seed {seed}: give 0 to {2**63 - 1}")
    if output.suffix.lower() != ".png":
        raise InputError(f"-o {output}: give a name that ends in .png")
    if not output.parent.is_dir():
        raise InputError(f"-o {output}: no folder {output.parent}; make it, or give another file")


def _check_class(only: int | None, architecture: Architecture, folder: Path) -> None:
    if only is None:
        return
    if not architecture.conditional:
        raise InputError(f"--class {only}: the generator in {folder} is unconditional; leave --class out")
    if not 0 <= only < architecture.image.classes:
        raise InputError(f"--class {only}: classes are numbered 0 to {architecture.image.classes - 1}")
