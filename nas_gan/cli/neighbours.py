"""`neighbours`: the training images nearest to a generator's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

import nas_gan
from nas_gan.api.data import check_made_alike
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json, print_lines, say
from nas_gan.cli.folders import RunArgument, RunsFolderOption
from nas_gan.cli.options import DataRootOption, DownloadOption, LimitOption, ResolutionOption
from nas_gan.cli.output import write_result
from nas_gan.cli.pictures import (
    LatentSeedOption,
    PictureOption,
    check_between,
    check_makes_images,
    check_picture,
    check_seed,
)

if TYPE_CHECKING:
    from torch import Tensor

    from nas_gan.metrics.neighbours import Neighbours

MOST_SAMPLES = 256
MOST_NEIGHBOURS = 32


def neighbours(  # noqa: PLR0913, PLR0917 - one parameter a flag
    run: RunArgument,
    output: PictureOption,
    count: Annotated[int, typer.Option("-n", help="Samples, 1 to 256, a row each.")] = 8,
    nearest: Annotated[int, typer.Option("-k", help="Training images beside each, 1 to 32.")] = 5,
    seed: LatentSeedOption = 0,
    data: Annotated[
        str | None, typer.Option(help="Name, folder, .zip or .npz. [default: as in training]")
    ] = None,
    resolution: ResolutionOption = None,
    limit: LimitOption = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Draw the nearest training images beside samples.

    A generator that copies its training data shows here. Distances are L2 over
    pixels in [0, 1]; those of held-out images to their nearest training image
    are given to compare with: samples much nearer than that are copies.

    \b
    Example:
      python -m nas_gan neighbours resdense-mnist5k:best -o neighbours.png
    """
    check_between(1, MOST_SAMPLES, count, "-n")
    check_between(1, MOST_NEIGHBOURS, nearest, "-k")
    check_seed(seed)
    check_picture(output)
    import torch

    from nas_gan.data import load_dataset
    from nas_gan.metrics.neighbours import find_neighbours
    from nas_gan.pictures.grid import grid_png
    from nas_gan.runs.memorisation import held_out_median

    trained = nas_gan.load(run, storage=storage, runs=out)
    check_makes_images(trained.architecture, run)
    config = nas_gan.Data(data, resolution, limit, data_root, download).config(trained.record)
    dataset = load_dataset(config, say)
    check_made_alike(trained.architecture, dataset)
    images = dataset.train.images
    check_between(1, len(images), nearest, "-k")
    samples = trained.generate_tensor(count, seed=seed)
    found = find_neighbours(samples, images, nearest)
    rows = torch.cat([samples[:, None], images[found.places]], dim=1)
    write_result(output, grid_png(rows.flatten(0, 1), nearest + 1, first_apart=True))
    median, usual = found.distances[:, 0].median().item(), held_out_median(dataset)
    if json:
        facts = {"file": str(output), "run": run, "data": dataset.source, "images": len(images), "seed": seed}
        medians = {"median_distance": median, "held_out_median_distance": usual}
        print_json({**facts, **medians, "samples": _describe(found, dataset.train.labels)})
        return
    compared = "" if usual is None else f", held-out images {usual:.2f}"
    print_lines(
        [
            f"{count} samples, each beside its {nearest} nearest of {len(images):,} images, in {output}",
            f"Median distance to the nearest: samples {median:.2f}{compared}",
        ]
    )


def _describe(found: Neighbours, labels: Tensor | None) -> list[list[dict[str, Any]]]:
    """List for each sample its neighbours, nearest first: place in the training set, class and distance."""
    return [
        [
            {"image": place, "class": None if labels is None else int(labels[place]), "distance": distance}
            for place, distance in zip(places, distances, strict=True)
        ]
        for places, distances in zip(found.places.tolist(), found.distances.tolist(), strict=True)
    ]
