"""`evaluate`: scores a training run or a bundle again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json
from nas_gan.cli.folders import RunArgument, RunsFolderOption, find_folder
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
from nas_gan.metrics.scores import made_scores

if TYPE_CHECKING:
    from nas_gan.data import Dataset
    from nas_gan.metrics.scores import Scores
    from nas_gan.spec import Architecture


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    run: RunArgument,
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
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Score a generator again, under a named protocol.

    Protocols: classifier-1k and classifier-5k score with a classifier of the
    dataset, against held-out images; selfsup-5k, likewise, with a network that
    learned from its images without labels, and has no IS; inception-5k with the
    2015 Inception network, likewise; inception-50k against the training set, as
    the field reports; plane-10k scores points. Conditional generators are scored class by class
    too. MS-SSIM is how alike two images of a class are (without classes, any
    two): far above the real images', the generator has collapsed there.

    \b
    Examples:
      python -m nas_gan evaluate runs/resdense-mnist5k/7
      python -m nas_gan evaluate resdense-mnist5k:best
      python -m nas_gan evaluate bundle --protocol inception-50k
    """
    from rich.console import Console

    from nas_gan.data import load_dataset
    from nas_gan.export import load_folder
    from nas_gan.metrics.scorer import Scorer
    from nas_gan.runs.record import RECORD_FILE, load_record
    from nas_gan.runs.resources import choose_device, load_resources
    from nas_gan.runs.scoring import score_generator

    console = Console(stderr=json, markup=False)

    def announce(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True)

    folder = find_folder(run, storage, out)
    architecture, generator = load_folder(folder)
    record = load_record(folder) if (folder / RECORD_FILE).exists() else None
    data_config = make_data_config(record, data, resolution, limit, data_root, download)
    resources = load_resources(
        data_config,
        load_dataset(data_config, announce),
        protocol=protocol or (record.protocol["name"] if record else None),
        seed=seed if seed is not None else (record.protocol["seed"] if record else 0),
        device=choose_device(device),
        inception_weights=str(inception_weights) if inception_weights else None,
        announce=announce,
    )
    check_made_alike(architecture, resources.dataset)
    precision = record.precision if record else "float32"
    scores = score_generator(generator.to(resources.device), architecture, resources, precision, full=True)
    scorer = resources.scorer
    real = scorer.reference.class_similarity if isinstance(scorer, Scorer) else None
    if json:
        facts = {"folder": str(folder), "scores": asdict(scores), "protocol": asdict(scorer.protocol)}
        print_json({**facts, "real_class_similarity": real})
        return
    for line in describe_scores(scores, resources.dataset.class_names, real):
        console.print(line, highlight=False, soft_wrap=True)
    for name, value in asdict(scorer.protocol).items():
        console.print(f"  {name}: {value}", highlight=False, soft_wrap=True)


def describe_scores(scores: Scores, class_names: Sequence[str], real_similarity: float | None) -> list[str]:
    """Write each score that was made on a line; `real_similarity` is the real images' similarity in a class."""
    lines = []
    for kind in made_scores(scores):
        line = f"{kind.label} {kind.full_text(scores)}"
        if classes := kind.classes_of(scores):
            each = ", ".join(
                f"{name}: {kind.format(value)}" for name, value in zip(class_names, classes, strict=False)
            )
            line += f" ({each})"
        if kind.name == "class_similarity" and real_similarity is not None:
            line += f", of real images {real_similarity:.5f}"
        lines.append(line)
    return lines


def check_made_alike(architecture: Architecture, dataset: Dataset) -> None:
    """Raises InputError if a generator's images aren't of the data's kind."""
    own = architecture.image
    if (dataset.channels, dataset.resolution) != (own.channels, own.resolution):
        raise InputError(
            f"--data {dataset.source}: {dataset.channels} channels of {dataset.resolution} pixels; "
            f"the generator makes {own.channels} of {own.resolution}; give the data it was trained on"
        )
