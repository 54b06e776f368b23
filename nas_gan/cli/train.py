"""`train`: trains one architecture, or one's generator against another's discriminator, and scores it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nas_gan.cli.common import check_at_least, format_count, format_seconds, parse_count, print_json
from nas_gan.cli.options import (
    PRECISION_HELP,
    DataRootOption,
    DeviceOption,
    DownloadOption,
    InceptionWeightsOption,
    LimitOption,
    ResolutionOption,
)
from nas_gan.errors import InputError
from nas_gan.files import is_beside
from nas_gan.locking import locked_if_possible

if TYPE_CHECKING:
    from nas_gan.data import DataConfig
    from nas_gan.runs.record import RungRecord, RunRecord
    from nas_gan.training import Progress

SCORINGS = 6


def train(  # noqa: PLR0913, PLR0917 - one parameter a flag
    context: typer.Context,
    architecture: Annotated[
        str,
        typer.Argument(
            help="A bundled architecture's name, a file, a run's folder, a bundle, or STUDY:TRIAL."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the run: new, or of one that was stopped.")
    ],
    against: Annotated[
        str | None,
        typer.Option(help="Take the discriminator, and its optimiser, of this architecture instead."),
    ] = None,
    images: Annotated[str, typer.Option(help="Images to train on: 60000, 300k, 2M.")] = "300k",
    scorings: Annotated[int | None, typer.Option(help="Score so often, evenly spaced. [default: 6]")] = None,
    score_at: Annotated[
        str | None, typer.Option(help="Score after so many images instead: 6.4k,64k,640k; and at the end.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Name, folder, .zip or .npz. [default: the trial's, or mnist5k]")
    ] = None,
    resolution: ResolutionOption = None,
    limit: LimitOption = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    protocol: Annotated[
        str | None, typer.Option(help="How scores are made. [default: the trial's, or the data's]")
    ] = None,
    inception_weights: InceptionWeightsOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed. [default: the trial's, or 0]")] = None,
    precision: Annotated[
        str | None, typer.Option(help=f"{PRECISION_HELP} [default: the trial's or stopped run's, or auto]")
    ] = None,
    device: DeviceOption = "auto",
    storage: Annotated[str, typer.Option(help="Database of STUDY:TRIAL.")] = "runs/studies.db",
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train one architecture.

    A trial is trained again from its record alone: same weights, same data, same seed, only longer. A run that
    was stopped goes on where it was, by the same command again.

    \b
    Examples:
      python -m nas_gan train resdense-mnist5k:best --images 300k -o best
      python -m nas_gan train my_gan.toml --data photos/ --resolution 64 -o my_gan
      python -m nas_gan train reference/thesis_mnist_m0_bn \\
        --against reference/thesis_mnist_m3_bn -o unbalanced
    """
    from rich.console import Console

    from nas_gan.data import load_dataset
    from nas_gan.runs.checkpoints import Checkpoints
    from nas_gan.runs.resources import choose_device, choose_precision, image_of, load_resources
    from nas_gan.runs.run import Run
    from nas_gan.runs.training_run import train_through
    from nas_gan.search.given import find_architecture, pair

    console = Console(stderr=json, markup=False)

    def announce(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True)

    count = parse_count(images, "--images")
    scored_at = choose_scorings(count, scorings, score_at)
    checkpoints = Checkpoints(output, announce)
    was_stopped = checkpoints.exist
    _check_output(output, was_stopped)
    context.with_resource(locked_if_possible(output, lambda: _refuse(output)))
    given = find_architecture(architecture, storage)
    judging = find_architecture(against, storage) if against else None
    record = given.record
    data_config = make_data_config(record, data, resolution, limit, data_root, download)
    dataset = load_dataset(data_config, announce)
    image = image_of(dataset)
    # Before the classifier, which may take minutes to train.
    built = given.resolve(image)
    if judging is not None:
        built = pair(built, judging.resolve(image), f"{architecture} --against {against}")
    resources = load_resources(
        data_config,
        dataset,
        protocol=protocol or (record.protocol["name"] if record else None),
        seed=record.protocol["seed"] if record else 0,
        device=choose_device(device),
        inception_weights=str(inception_weights) if inception_weights else None,
        announce=announce,
    )
    chosen_seed = seed if seed is not None else (record.seed if record else 0)
    chosen_precision = choose_precision(
        precision or checkpoints.read_precision() or (record.precision if record else "auto"),
        resources.device,
    )
    run = Run(
        built, resources, output, chosen_seed, count, precision=chosen_precision, checkpoints=checkpoints
    )
    if was_stopped:
        run.resume()
    show = _Progress(console, count)
    final = train_through(run, scored_at, show.on_progress, show.on_scores)
    if json:
        print_json(_facts(output, final))
    else:
        ended = "" if final.outcome == "complete" else f"{final.reason}; "
        console.print(f"{ended}kept in {output}", highlight=False, soft_wrap=True)
        if final.outcome == "interrupted":
            console.print("The same command goes on.", highlight=False)
        if final.rungs:
            console.print(f"Samples: {output / 'samples.png'}", highlight=False, soft_wrap=True)
            console.print(
                f"Export:  python -m nas_gan export {output} -o bundle", highlight=False, soft_wrap=True
            )
    if final.outcome != "complete":
        raise typer.Exit(130 if final.outcome == "interrupted" else 1)


def choose_scorings(images: int, count: int | None, at: str | None) -> tuple[int, ...]:
    """Numbers of images at which to score, ascending, `images` the last; from --scorings or --score-at."""
    from nas_gan.runs.training_run import spread_scorings

    if count is not None and at is not None:
        raise InputError(f"--scorings {count} --score-at {at}: give one of the two")
    if at is None:
        count = SCORINGS if count is None else count
        check_at_least(1, count, "--scorings")
        return spread_scorings(images, count)
    marks = sorted({*(parse_count(part, "--score-at") for part in at.split(",")), images})
    if marks[-1] > images:
        raise InputError(f"--score-at {at}: {marks[-1]:,} is more than the {images:,} images of --images")
    return tuple(marks)


class _Progress:
    """One line on a terminal that is drawn again; elsewhere one line a scoring."""

    def __init__(self, console: Any, images: int) -> None:
        self._console = console
        self._images = images
        self._began = time.monotonic()

    def on_progress(self, progress: Progress) -> None:
        if not self._console.is_terminal:
            return
        left = (self._images - progress.images_seen) / max(progress.images_per_second, 1e-9)
        self._console.print(
            f"{format_count(progress.images_seen)}/{format_count(self._images)} images, "
            f"{progress.images_per_second:,.0f} a second, loss D {progress.discriminator_loss:.3f}, "
            f"G {progress.generator_loss:.3f}, {format_seconds(left)} left  ",
            end="\r",
            highlight=False,
            no_wrap=True,
        )

    def on_scores(self, rung: RungRecord) -> None:
        from nas_gan.metrics.scores import scores_text

        clock = format_seconds(time.monotonic() - self._began)
        self._console.print(
            f"[{clock}] after {rung.images_seen:,} images: {scores_text(rung.scores)}",
            markup=False,
            highlight=False,
        )


def _check_output(output: Path, was_stopped: bool) -> None:
    is_taken = output.exists() and not (
        output.is_dir() and all(is_beside(file.name) for file in output.iterdir())
    )
    if is_taken and not was_stopped:
        raise InputError(f"-o {output}: exists already; give a new folder, or remove it")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"-o {output}: can't be made ({error.strerror}); give another folder") from None


def _refuse(output: Path) -> None:
    raise InputError(f"-o {output}: another `train` is at it; wait for that, or give another folder")


def make_data_config(
    record: RunRecord | None,
    data: str | None,
    resolution: int | None,
    limit: int | None,
    root: Path | None,
    download: bool,
) -> DataConfig:
    """The data of a record, with what the flags change; the embedded digits where neither says."""
    from nas_gan.data import DataConfig

    stored = {} if record is None else record.data
    config = DataConfig(**stored) if data is None else DataConfig(source=data)
    changes: dict[str, Any] = {"resolution": resolution, "limit": limit, "root": str(root) if root else None}
    return replace(config, download=download, **{key: value for key, value in changes.items() if value})


def _facts(output: Path, record: RunRecord) -> dict[str, Any]:
    return {
        "folder": str(output),
        "outcome": record.outcome,
        "reason": record.reason,
        "images_seen": record.images_seen,
        "seed": record.seed,
        "precision": record.precision,
        "scores": [rung.facts() for rung in record.rungs],
        "protocol": record.protocol,
        "wall_seconds": record.wall_seconds,
    }
