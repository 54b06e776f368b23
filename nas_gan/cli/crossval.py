"""`crossval`: every run's discriminator against every run's generator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import nas_gan
from nas_gan.api.folders import find_folder, trial_name
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    build_columns,
    check_at_least,
    print_json,
    print_lines,
    print_rich,
    say,
)
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.cli.options import DataRootOption, DeviceOption, DownloadOption, LimitOption, ResolutionOption
from nas_gan.cli.output import write_result
from nas_gan.cli.pages import check_page
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.runs.crossval import CrossTable

EXPLANATION = (
    "Rows: the discriminator that judges. Columns: the generator. In percent: the mean of the share of real "
    "images judged real and of generated ones judged generated; 50 is guessing."
)


def crossval(  # noqa: PLR0913, PLR0917 - one parameter a flag
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Runs' folders, or STUDY:TRIAL; one at least.")
    ],
    count: Annotated[int, typer.Option("-n", metavar="N", help="Images of each generator.")] = 5000,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.html", help="Write the table as a page too."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Name, folder, .zip or .npz. [default: the first run's]")
    ] = None,
    resolution: ResolutionOption = None,
    limit: LimitOption = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    seed: Annotated[int, typer.Option(help="Seed of the noise.")] = 0,
    device: DeviceOption = "auto",
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Let every run's discriminator judge every run's generator.

    A rate is how often a discriminator is right, in percent: the mean of the share of held-out images that it
    takes to be real and of generated images that it takes to be generated. Where a network is conditional, real
    images come with their labels and generated ones with labels in the data's proportions.

    Images are judged in batches of one kind, by whose statistics batch normalisation goes, as in training.

    An image is judged real at a score above 0, or above 0.5 with least squares. A critic's scores
    (Wasserstein, Fisher) have no such point; there it is midway between its mean scores of real images and of
    its own generator's.

    \b
    Examples:
      python -m nas_gan crossval runs/gan runs/cgan resdense-mnist5k:best
      python -m nas_gan crossval runs/* -n 10000 -o crossval.html
    """
    check_at_least(1, count, "-n")
    if output is not None:
        check_page(output)
        if not output.resolve().parent.is_dir():
            raise InputError(f"-o {output}: no folder {output.parent}; make it, or give another file")

    from nas_gan.data import load_dataset
    from nas_gan.runs.crossval import check_players, compute_cross_table, load_player
    from nas_gan.runs.record import load_record
    from nas_gan.runs.resources import choose_device

    target = choose_device(device)
    folders = [find_folder(run, storage, out) for run in runs]
    names = [trial_name(run, folder) or run for run, folder in zip(runs, folders, strict=True)]
    players = [load_player(folder, name, target) for folder, name in zip(folders, names, strict=True)]
    config = nas_gan.Data(data, resolution, limit, data_root, download).config(load_record(folders[0]))
    dataset = load_dataset(config, say)
    check_players(players, dataset)
    cross = compute_cross_table(players, dataset, count, seed, target)
    if json:
        print_json(
            {"runs": cross.names, "rates": cross.rates, "images": count, "data": dataset.name, "seed": seed}
        )
    else:
        _print(cross)
    if output is not None:
        _write(output, cross, dataset.name)


def _print(cross: CrossTable) -> None:
    """Print the table with short headings: columns are numbered as the rows are."""
    from nas_gan.report.tables import cross_rows

    numbers = [f"G {place}" for place in range(1, len(cross.names) + 1)]
    rows = [(f"D {place}", *row[1:], row[0]) for place, row in enumerate(cross_rows(cross), start=1)]
    print_rich(build_columns(("", *numbers, "run"), rows, numbers=numbers, whole=[""]))
    print_lines(["", EXPLANATION])


def _write(output: Path, cross: CrossTable, data: str) -> None:
    from nas_gan.report.page import Section, build_page, table_body
    from nas_gan.report.tables import cross_headings, cross_rows

    table = table_body(cross_headings(cross.names), cross_rows(cross), cross.names)
    facts = [("images", f"{cross.images:,} of each generator"), ("data", data)]
    write_result(
        output, build_page("Cross-validation", facts, [Section("Correct verdicts", EXPLANATION, table)])
    )
