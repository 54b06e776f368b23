"""`sample`: a picture of what a generator makes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json
from nas_gan.cli.folders import RunArgument, RunsFolderOption, find_folder
from nas_gan.cli.pictures import (
    LatentSeedOption,
    PictureOption,
    check_between,
    check_class,
    check_makes_images,
    check_picture,
    check_seed,
    write_picture,
)

if TYPE_CHECKING:
    from torch import Tensor

    from nas_gan.nets import Generator
    from nas_gan.spec import Architecture

MOST_IMAGES = 4096
MOST_CLASS_COLUMNS = 16


def sample(
    run: RunArgument,
    output: PictureOption,
    count: Annotated[int, typer.Option("--count", "-n", help="Images, 1 to 4096.")] = 64,
    only: Annotated[
        int | None, typer.Option("--class", help="Images of one class. [default: all classes in turn]")
    ] = None,
    seed: LatentSeedOption = 0,
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Draw samples of a generator into one picture.

    \b
    Examples:
      python -m nas_gan sample runs/resdense-mnist5k/7 -n 64 -o grid.png
      python -m nas_gan sample resdense-mnist5k:best -o grid.png
      python -m nas_gan sample bundle --class 3 --seed 1 -o threes.png
    """
    check_between(1, MOST_IMAGES, count, "-n")
    check_seed(seed)
    check_picture(output)
    from nas_gan.export import load_folder
    from nas_gan.pictures.grid import grid_png

    architecture, generator = load_folder(find_folder(run, storage, out))
    check_makes_images(architecture, run)
    check_class(only, architecture, run)
    columns = grid_columns(count, architecture, only)
    write_picture(output, grid_png(draw_pixels(architecture, generator, count, only, seed), columns))
    if json:
        print_json({"file": str(output), "images": count, "columns": columns, "class": only, "seed": seed})
    else:
        typer.echo(f"{count} samples in {output}")


def draw_pixels(
    architecture: Architecture, generator: Generator, count: int, only: int | None, seed: int
) -> Tensor:
    """Samples uint8 [count, c, r, r]: of class `only`, or of all classes in turn."""
    import torch

    from nas_gan.nets import draw_labels, draw_latents, generate_images, to_uint8

    spec = architecture.generator
    latents = draw_latents(count, spec.latent_dim, spec.latent_distribution, seed)
    labels = draw_labels(count, architecture.image.classes, only) if architecture.conditional else None
    return torch.cat([to_uint8(images) for images in generate_images(generator, latents, labels)])


def grid_columns(count: int, architecture: Architecture, only: int | None = None) -> int:
    """Columns of a picture: about a square, or one for each class where classes are few and in turn."""
    classes = architecture.image.classes
    if architecture.conditional and only is None and classes <= min(count, MOST_CLASS_COLUMNS):
        return classes
    return math.ceil(math.sqrt(count))
