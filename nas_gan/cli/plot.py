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
from nas_gan.cli.pages import PageOption, check_page
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
    output: PageOption = Path("plots.html"),
    figures: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write each figure there instead, for a paper.", show_default=False),
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="svg|pdf", help="Of --figures.")] = "svg",
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write a page of runs, or figures for a paper.

        Of a study without --figures it is the page of `report`. Of runs, overlaid where there are several: scores
    over training, losses, discriminator outputs, gradient
    norms, and samples. The page stands alone: any browser opens it, without a connection.

    \b
    Examples:
      python -m nas_gan plot best other_run -o runs.html
      python -m nas_gan plot resdense-mnist5k:3 resdense-mnist5k:best
      python -m nas_gan plot resdense-mnist5k --figures figures --format pdf
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
    if figures is not None:
        written = _write_figures(figures, form, studies, runs, storage, out)
        if json:
            print_json({"files": [str(path) for path in written]})
        else:
            print_lines([f"Wrote {path}" for path in written])
        return
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


def _write_figures(
    folder: Path, form: str, studies: list[str], runs: list[str], storage: str, out: str | None
) -> list[Path]:
    from nas_gan.pictures.charts import check_charts
    from nas_gan.report.figure_files import check_figure_format, figure_bytes
    from nas_gan.report.run_page import load_runs, run_charts
    from nas_gan.report.study.charts import study_charts
    from nas_gan.search.views import read_view

    check_figure_format(form)
    check_charts()
    if studies:
        view = read_view(nas_gan.load_study(studies[0], storage=storage, runs=out).optuna)
        found = [
            (
                f"{chart.key}-{place}" if len(chart.drawings) > 1 else chart.key,
                {"data": one.data, "layout": one.layout},
            )
            for chart in study_charts(view)
            for place, one in enumerate(chart.drawings)
        ]
    else:
        folders = [find_folder(run, storage, out) for run in runs]
        names = [trial_name(run, place) for run, place in zip(runs, folders, strict=True)]
        found = run_charts([run for run, _ in load_runs(folders, names)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"--figures {folder}: can't be made ({error.strerror}); give another folder"
        ) from None
    written = []
    for name, figure in found:
        written.append(folder / f"{name}.{form}")
        write_result(written[-1], figure_bytes(figure, form))
    return written
