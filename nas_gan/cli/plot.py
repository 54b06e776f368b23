"""`plot`: a study, or training runs, as one page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

import nas_gan
from nas_gan.api.folders import find_folder
from nas_gan.cli.common import DEFAULT_STORAGE, StorageOption, print_lines
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.errors import InputError


def plot(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...", help="Runs' folders, bundles, or STUDY:TRIAL.", show_default=False
        ),
    ] = None,
    study: Annotated[
        str | None, typer.Option("--study", metavar="NAME", help="Plot this study instead.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page that is written.")] = Path(
        "plots.html"
    ),
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
) -> None:
    """Write a page of plots of a study, or of runs.

    Of a study: what its trials scored and which parameters matter, the ranking, and the best trial's samples.
    Of runs, overlaid where there are several: scores over training, losses, discriminator outputs, gradient
    norms, and samples. The page stands alone: any browser opens it, without a connection.

    \b
    Examples:
      python -m nas_gan plot --study resdense-mnist5k -o plots.html
      python -m nas_gan plot best other_run -o runs.html
    """
    if bool(runs) == (study is not None):
        raise InputError("give either runs or --study NAME")
    if study is not None:
        nas_gan.load_study(study, storage=storage, runs=out).report(output)
    else:
        _write(output, _run_page(runs or [], storage, out))
    print_lines([f"Wrote {output}"])


def _run_page(runs: list[str], storage: str, out: str | None) -> str:
    from nas_gan.report.run_page import build_run_page

    folders = [find_folder(run, storage, out) for run in runs]
    return build_run_page(folders, f"{datetime.now():%Y-%m-%d %H:%M}")


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"-o {path}: can't be written ({error.strerror}); give another file") from None
