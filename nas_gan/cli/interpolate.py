"""`interpolate`: what a generator makes between two latents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

import nas_gan
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json, print_lines
from nas_gan.cli.folders import RunArgument, RunsFolderOption
from nas_gan.cli.output import write_result
from nas_gan.cli.pictures import (
    LatentSeedOption,
    PictureOption,
    check_between,
    check_makes_images,
    check_picture,
    check_seed,
    find_class,
)

if TYPE_CHECKING:
    from torch import Tensor

    from nas_gan.export.paths import Path
    from nas_gan.nets import Generator
    from nas_gan.spec import Architecture

MOST_SIDE = 64


def interpolate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    run: RunArgument,
    output: PictureOption,
    rows: Annotated[int, typer.Option(help="Paths, 1 to 64, a row each.")] = 8,
    steps: Annotated[int, typer.Option(help="Images on a path, 2 to 64, both ends included.")] = 9,
    path: Annotated[
        Literal["linear", "spherical"] | None,
        typer.Option(
            help="A line, or an arc around the origin. [default: spherical for normal latents, linear for "
            "uniform ones]",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="N|NAME",
            help="Images of one class, by its number or name. [default: a class a row, in turn]",
        ),
    ] = None,
    seed: LatentSeedOption = 0,
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Draw a generator's images along paths between latents.

    Each row leads from one latent to another, with one class throughout. Where
    the images change little by little, the generator has learnt more than to
    store its training images.

    \b
    Examples:
      python -m nas_gan interpolate resdense-mnist5k:best -o interpolation.png
      python -m nas_gan interpolate bundle --class 3 --path linear -o threes.png
    """
    check_between(1, MOST_SIDE, rows, "--rows")
    check_between(2, MOST_SIDE, steps, "--steps")
    check_seed(seed)
    check_picture(output)
    from nas_gan.export.paths import natural_path
    from nas_gan.pictures.grid import grid_png

    trained = nas_gan.load(run, storage=storage, runs=out)
    architecture = trained.architecture
    check_makes_images(architecture, run)
    only_class = find_class(only, trained, run)
    chosen: Path = path or natural_path(architecture.latent_generator.latent_distribution)
    drawn = draw_rows(architecture, trained.module, rows, steps, chosen, only_class, seed)
    write_result(output, grid_png(drawn, steps))
    if json:
        facts = {"file": str(output), "run": run, "rows": rows, "steps": steps}
        print_json({**facts, "path": chosen, "class": only_class, "seed": seed})
    else:
        print_lines([f"{rows} {chosen} paths of {steps} images in {output}"])


def draw_rows(
    architecture: Architecture,
    generator: Generator,
    rows: int,
    steps: int,
    path: Path,
    only: int | None,
    seed: int,
) -> Tensor:
    """Return images uint8 [rows · steps, c, r, r], row by row; each row of class `only`, or of the next class."""
    import torch

    from nas_gan.export.paths import draw_path
    from nas_gan.nets import draw_labels, draw_latents, generate_images, to_uint8

    spec = architecture.latent_generator
    ends = draw_latents(2 * rows, spec.latent_dim, spec.latent_distribution, seed)
    latents = draw_path(ends[0::2], ends[1::2], steps, path).flatten(0, 1)
    labels = None
    if architecture.conditional:
        labels = draw_labels(rows, architecture.image.classes, only).repeat_interleave(steps)
    return torch.cat([to_uint8(images) for images in generate_images(generator, latents, labels)])
