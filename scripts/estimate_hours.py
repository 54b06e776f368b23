"""Estimates how long a recipe's runs would take on a GPU, from their multiply-adds alone.

    python scripts/estimate_hours.py studies/yamazaki_depth.toml --images 50000 --teraflops 2

Scoring isn't counted. What a card sustains on small convolutions is a share of what its data sheet says, and an update
has some thousand kernels to start, however small they are (`--least`): measure one run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from nas_gan.papers.plan import resolve_run
from nas_gan.papers.recipe import Recipe, RunRecipe, load_reproduction
from nas_gan.space import load_space
from nas_gan.space.space import FileSpace
from nas_gan.spec import Architecture, Image, compute_cost

BACKWARD = 2  # passes that a backward pass costs: to the inputs, and to the weights
OPERATIONS = 2  # a multiply-add


def operations_of(architecture: Architecture) -> int:
    """Return the floating-point operations of one update."""
    cost, training = compute_cost(architecture), architecture.training
    steps = training.discriminator_steps
    made = steps - 1 if training.generated_batch == "shared" else steps  # and one with a backward pass
    generator = cost.generator_macs * (made + 1 + BACKWARD)
    judged = 2 * steps * (1 + BACKWARD) + 1 + BACKWARD - 1  # the generator's step needs no weights' gradients
    return OPERATIONS * training.batch_size * (generator + judged * cost.discriminator_macs)


def updates_of(recipe: Recipe, architecture: Architecture, images: int) -> float:
    """Return generator updates of a run; `images` is an epoch's."""
    update = architecture.training.images_per_update
    size = {"iterations": update, "epochs": images, "images": 1}[recipe.budget.unit]
    return recipe.budget.amount * size / update


def resolve(run: RunRecipe) -> Architecture:
    """Return the architecture of a run, for the images that its file names."""
    space = load_space(run.architecture)
    if not isinstance(space, FileSpace):
        raise SystemExit(f"{run.architecture}: is no file that names its images")
    return resolve_run(run, Image(**space.content.image), run.name)


def main() -> None:
    """Print hours a run, and of all runs and seeds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--images", type=int, default=50_000, help="training images, an epoch's")
    parser.add_argument("--teraflops", type=float, default=2.0, help="that the card sustains")
    parser.add_argument("--least", type=float, default=0.005, help="seconds an update takes at least")
    arguments = parser.parse_args()
    recipe = load_reproduction(arguments.recipe)
    total = 0.0
    for run in recipe.runs:
        architecture = resolve(run)
        updates = updates_of(recipe, architecture, arguments.images)
        seconds = max(operations_of(architecture) / (arguments.teraflops * 1e12), arguments.least)
        hours = updates * seconds / 3600
        total += hours * recipe.seeds
        print(f"{run.name:32} {updates:12,.0f} updates {hours:8.1f} h")
    print(f"{recipe.seeds} seeds of all: {total:.0f} h at {arguments.teraflops:g} TFLOP/s")


if __name__ == "__main__":
    main()
