"""`plot`: a study, or training runs, as one page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

import nas_gan
from nas_gan.api.folders import find_folder, trial_name
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json, print_lines
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.cli.named import complete_study, only_study
from nas_gan.cli.output import write_result
from nas_gan.cli.pages import check_page
from nas_gan.errors import InputError


def plot(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY | RUN...]",
            help="A study, or runs: folders, bundles, or STUDY:TRIAL. [default: the only study]",
            show_default=False,
            autocompletion=complete_study,
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--study", metavar="NAME", help="The study, as an option.", show_default=False),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page that is written.")
    ] = Path("plots.html"),
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write a page of plots of a study, or of runs.

    Of a study: what its trials scored and which parameters matter, the ranking, and the best trial's samples.
    Of runs, overlaid where there are several: scores over training, losses, discriminator outputs, gradient
    norms, and samples. The page stands alone: any browser opens it, without a connection.

    \b
    Examples:
      python -m nas_gan plot resdense-mnist5k -o plots.html
      python -m nas_gan plot best other_run -o runs.html
      python -m nas_gan plot resdense-mnist5k:3 resdense-mnist5k:best
    """
    check_page(output)
    named, by_option = what or [], option or []
    runs = [name for name in named if _is_run(name)]
    studies = [*by_option, *(name for name in named if not _is_run(name))]
    if not runs and not studies:
        studies = [only_study(storage)]
    if len(studies) > 1 or (studies and runs):
        raise InputError(
            f"{', '.join([*studies, *runs])}: a page is of one study, or of runs; give one study, or STUDY:TRIAL"
        )
    if studies:
        nas_gan.load_study(studies[0], storage=storage, runs=out).report(output)
    else:
        write_result(output, _run_page(runs, storage, out))
    if json:
        print_json({"file": str(output), "study": next(iter(studies), None), "runs": runs})
    else:
        print_lines([f"Wrote {output}"])


def _is_run(name: str) -> bool:
    """Say whether a name is a run's: that of something that is there, or STUDY:TRIAL. Else it is a study's."""
    return ":" in name or Path(name).exists()


def _run_page(runs: list[str], storage: str, out: str | None) -> str:
    from nas_gan.report.run_page import build_run_page

    folders = [find_folder(run, storage, out) for run in runs]
    names = [trial_name(run, folder) for run, folder in zip(runs, folders, strict=True)]
    return build_run_page(folders, names, f"{datetime.now():%Y-%m-%d %H:%M}")
