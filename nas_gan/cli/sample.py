"""`sample`: a picture of what a generator makes."""

from __future__ import annotations

from typing import Annotated

import typer

import nas_gan
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json, print_lines
from nas_gan.cli.folders import RunArgument, RunsFolderOption, WeightsOption
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

MOST_IMAGES = 4096


def sample(  # noqa: PLR0913, PLR0917 - one parameter a flag
    run: RunArgument,
    output: PictureOption,
    count: Annotated[int, typer.Option("--count", "-n", help="Images, 1 to 4096.")] = 64,
    only: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="N|NAME",
            help="Images of one class, by its number or name. [default: all classes in turn]",
        ),
    ] = None,
    seed: LatentSeedOption = 0,
    weights: WeightsOption = "last",
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
    trained = nas_gan.load(run, weights=weights, storage=storage, runs=out)
    check_makes_images(trained.architecture, run)
    chosen = find_class(only, trained, run)
    write_result(output, trained.sheet_png(count, labels=chosen, seed=seed))
    if json:
        columns = trained.columns(count, chosen)
        print_json({"file": str(output), "images": count, "columns": columns, "class": chosen, "seed": seed})
    else:
        print_lines([f"{count} samples in {output}"])
