"""`plot`: a study, or training runs, as one page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.api.folders import find_folder, trial_folder
from nas_gan.cli.common import DEFAULT_STORAGE, StorageOption, print_lines
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.metrics.scores import Metric
    from nas_gan.report.page import Section
    from nas_gan.search.catalogue import Trial

RANKED = 10


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
    page = _study_page(study, storage, out) if study is not None else _run_page(runs or [], storage, out)
    _write(output, page)
    print_lines([f"Wrote {output}"])


def _run_page(runs: list[str], storage: str, out: str | None) -> str:
    from nas_gan.report.run_page import build_run_page

    folders = [find_folder(run, storage, out) for run in runs]
    return build_run_page(folders, f"{datetime.now():%Y-%m-%d %H:%M}")


def _study_page(study: str, storage: str, out: str | None) -> str:
    from nas_gan.report.page import Section, build_page, figures_body
    from nas_gan.report.progress import compute_progress
    from nas_gan.report.tables import best_text, definition_facts, progress_facts
    from nas_gan.search.catalogue import rank, read_trials, summarise
    from nas_gan.search.definition import TRIALS_ASKED, definition_of, load_study
    from nas_gan.search.figures import build_plots
    from nas_gan.search.places import find_runs
    from nas_gan.search.storage.database import open_storage

    loaded = load_study(open_storage(storage, create=False), study)
    definition, ranking = definition_of(loaded), rank(loaded)
    progress = compute_progress(read_trials(loaded), loaded.user_attrs.get(TRIALS_ASKED))
    facts = [*definition_facts(definition), *progress_facts(progress), ("best", best_text(summarise(loaded)))]
    facts.append(("written", f"{datetime.now():%Y-%m-%d %H:%M}"))
    runs = out or find_runs(loaded, storage)
    folder = trial_folder(runs, study, ranking[0].number) if ranking else Path()
    sections = _best_sections(ranking, definition.metric, folder) + [
        Section(found.title, found.explanation, figures_body(found.figures, f"plot-{number}"))
        for number, found in enumerate(build_plots(loaded))
    ]
    return build_page(f"Study {study}", facts, sections)


def _best_sections(ranking: list[Trial], metric: Metric, folder: Path) -> list[Section]:
    """The best trial's samples, if they are in its folder, and the ranking."""
    from nas_gan.metrics.scores import METRICS
    from nas_gan.report.page import Section, lines_body, picture_body, table_body
    from nas_gan.report.tables import ranking_table
    from nas_gan.report.topology import draw_topology
    from nas_gan.runs.record import SAMPLES_FILE

    if not ranking or ranking[0].record is None:
        return [Section("Ranking", "No trial has been trained to its end yet.")]
    first, record = ranking[0], ranking[0].record
    drawing = lines_body(draw_topology(record.architecture))
    headings, rows = ranking_table(ranking[:RANKED], metric)
    label = METRICS[metric].label
    sections = [Section("Ranking", f"The best trials by {label}.", table_body(headings, rows, headings))]
    samples = folder / SAMPLES_FILE
    picture = picture_body(samples.read_bytes(), "Generated images") if samples.is_file() else ""
    text = f"Trial {first.number}, after {record.images_seen:,} images."
    return [*sections, Section("The best trial", text, drawing + picture)]


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"-o {path}: can't be written ({error.strerror}); give another file") from None
