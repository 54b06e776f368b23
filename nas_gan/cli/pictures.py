"""What commands that draw a generator's images share: checks of their options, and the file they write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.api.generator import TrainedGenerator
    from nas_gan.spec import Architecture

PictureOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE.png", help="The picture that is written.")
]
LatentSeedOption = Annotated[int, typer.Option("--seed", help="Seed of the latents.")]


def check_between(least: int, most: int, value: int, option: str) -> None:
    """Raise InputError if a number is out of its range; `option` names it."""
    if not least <= value <= most:
        raise InputError(f"{option} {value}: give {least} to {most}")


def check_seed(seed: int) -> None:
    """Raise InputError for a seed that torch can't take."""
    check_between(0, 2**63 - 1, seed, "--seed")


def check_picture(output: Path) -> None:
    """Raise InputError if no PNG can be at this place."""
    if output.suffix.lower() != ".png":
        raise InputError(f"-o {output}: give a name that ends in .png")
    if not output.parent.is_dir():
        raise InputError(f"-o {output}: no folder {output.parent}; make it, or give another file")


def find_class(only: str | None, trained: TrainedGenerator, where: str) -> int | None:
    """Return the number of a class that was given by that or by its name; None for none.

    Raises InputError if the generator in `where` can't make images of it.
    """
    if only is None:
        return None
    if not trained.architecture.conditional:
        raise InputError(f"--class {only}: the generator in {where} is unconditional; leave --class out")
    names, classes = trained.class_names, trained.architecture.image.classes
    if only in names:
        return names.index(only)
    if only.isdecimal() and int(only) < classes:
        return int(only)
    named = "" if all(name.isdecimal() for name in names) else f", and called {', '.join(names)}"
    raise InputError(f"--class {only}: classes are numbered 0 to {classes - 1}{named}")


def check_makes_images(architecture: Architecture, where: str) -> None:
    """Raise InputError if the generator in `where` makes points of the plane, which are no pictures."""
    if architecture.image.is_points:
        raise InputError(f"{where}: its generator makes points, not images; see samples.png in its folder")
