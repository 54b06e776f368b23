"""`evaluate`: scores a training run or a bundle again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nas_gan.cli.common import print_json
from nas_gan.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    InceptionWeightsOption,
    LimitOption,
    ResolutionOption,
)
from nas_gan.cli.train import make_data_config
from nas_gan.errors import InputError


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    folder: Annotated[Path, typer.Argument(help="A run's folder, or a bundle.")],
    protocol: Annotated[str | None, typer.Option(help="How scores are made. [default: as before]")] = None,
    data: Annotated[
        str | None, typer.Option(help="Name, folder, .zip or .npz. [default: as in training]")
    ] = None,
    resolution: ResolutionOption = None,
    limit: LimitOption = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    inception_weights: InceptionWeightsOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the scored noise. [default: as before]")] = None,
    device: DeviceOption = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score a generator again, under a named protocol.

    Protocols: classifier-1k and classifier-5k score with a classifier of the
    dataset, against held-out images; inception-5k with the 2015 Inception network,
    likewise; inception-50k against the training set, as the field reports.

    \b
    Examples:
      python -m nas_gan evaluate runs/resdense-mnist5k/7
      python -m nas_gan evaluate bundle --protocol inception-50k
    """
    from rich.console import Console

    from nas_gan.data import load_dataset
    from nas_gan.export import load_folder
    from nas_gan.study.record import RECORD_FILE, load_record
    from nas_gan.study.resources import choose_device, image_of, load_resources
    from nas_gan.study.scoring import score_generator

    console = Console(stderr=json)

    def announce(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True)

    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a run's folder or a bundle")
    architecture, generator = load_folder(folder)
    record = load_record(folder) if (folder / RECORD_FILE).exists() else None
    data_config = make_data_config(record, data, resolution, limit, data_root, download)
    resources = load_resources(
        data_config,
        load_dataset(data_config, announce),
        protocol=protocol or (record.protocol["name"] if record else "classifier-5k"),
        seed=seed if seed is not None else (record.protocol["seed"] if record else 0),
        device=choose_device(device),
        inception_weights=str(inception_weights) if inception_weights else None,
        announce=announce,
    )
    image = image_of(resources.dataset)
    own = architecture.image
    if (image.channels, image.resolution) != (own.channels, own.resolution):
        raise InputError(
            f"--data {resources.dataset.source}: {image.channels} channels of {image.resolution} pixels; "
            f"the generator makes {own.channels} of {own.resolution}; give the data it was trained on"
        )
    scores = score_generator(generator.to(resources.device), architecture, resources, kernel=True)
    if json:
        print_json(
            {"folder": str(folder), "scores": asdict(scores), "protocol": asdict(resources.scorer.protocol)}
        )
        return
    console.print(
        f"IS {scores.inception_score:.3f} ± {scores.inception_score_deviation:.3f}, "
        f"FID {scores.frechet_distance:.3f}"
        + ("" if scores.kernel_distance is None else f", KID {scores.kernel_distance:.5f}"),
        highlight=False,
    )
    for name, value in asdict(resources.scorer.protocol).items():
        console.print(f"  {name}: {value}", highlight=False, soft_wrap=True)
