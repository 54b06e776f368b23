"""`train`: trains one architecture, or one's generator against another's discriminator, and scores it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import nas_gan
from nas_gan.cli.common import QuietOption, format_seconds, parse_count, print_json, quiet_console
from nas_gan.cli.options import (
    PRECISION_HELP,
    DataRootOption,
    DeviceOption,
    DownloadOption,
    InceptionWeightsOption,
    LimitOption,
    LogToOption,
    ResolutionOption,
)

if TYPE_CHECKING:
    from nas_gan.runs.record import RunRecord


def train(  # noqa: PLR0913, PLR0917 - one parameter a flag
    architecture: Annotated[
        str,
        typer.Argument(
            help="A bundled architecture's name, a file, a run's folder, a bundle, or STUDY:TRIAL."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the run: new, or of one that was stopped.")
    ],
    against: Annotated[
        str | None,
        typer.Option(help="Take the discriminator, and its optimiser, of this architecture instead."),
    ] = None,
    images: Annotated[
        str, typer.Option(metavar="N|20k|2M", help="Images to train on: 60000, 300k, 2M.")
    ] = "300k",
    scorings: Annotated[int | None, typer.Option(help="Score so often, evenly spaced. [default: 6]")] = None,
    score_at: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,…", help="Score after so many images instead: 6.4k,64k,640k; and at the end."
        ),
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
    log_to: LogToOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: QuietOption = False,
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
    console = quiet_console(stderr=json)
    count = parse_count(images, "--images")
    marks = (
        [parse_count(part, "--score-at") for part in score_at.split(",")] if score_at is not None else None
    )
    with suppress(nas_gan.Interrupted):
        nas_gan.train(
            architecture,
            out=out,
            data=nas_gan.Data(data, resolution, limit, data_root, download),
            images=count,
            against=against,
            scorings=scorings,
            score_at=marks,
            protocol=protocol,
            inception_weights=inception_weights,
            seed=seed,
            precision=precision,
            device=device,
            storage=storage,
            log_to=log_to,
            progress=_Progress(quiet_console(stderr=json, quiet=quiet)).show,
        )
    final = nas_gan.load_run(out).record
    if json:
        print_json(_facts(out, final))
    else:
        ended = "" if final.outcome == "complete" else f"{final.reason}; "
        console.print(f"{ended}kept in {out}", highlight=False, soft_wrap=True)
        if final.outcome == "interrupted":
            console.print("The same command goes on.", highlight=False)
        if final.rungs:
            console.print(f"Samples: {out / 'samples.png'}", highlight=False, soft_wrap=True)
            console.print(
                f"Export:  python -m nas_gan export {out} -o bundle", highlight=False, soft_wrap=True
            )
    if final.outcome != "complete":
        raise typer.Exit(130 if final.outcome == "interrupted" else 1)


class _Progress:
    """One line on a terminal that is drawn again; elsewhere one line a scoring."""

    def __init__(self, console: Any) -> None:
        self._console = console

    def show(self, event: object) -> None:
        match event:
            case nas_gan.TrainingProgress():
                if self._console.is_terminal:
                    self._console.print(f"{event}  ", end="\r", highlight=False, no_wrap=True)
            case nas_gan.Scored():
                self._console.print(f"[{format_seconds(event.seconds)}] {event}", highlight=False)
            case _:
                self._console.print(str(event), highlight=False, soft_wrap=True)


def _facts(out: Path, record: RunRecord) -> dict[str, Any]:
    return {
        "folder": str(out),
        "outcome": record.outcome,
        "reason": record.reason,
        "images_seen": record.images_seen,
        "seed": record.seed,
        "precision": record.precision,
        "scores": [rung.facts() for rung in record.rungs],
        "protocol": record.protocol,
        "wall_seconds": record.wall_seconds,
    }
