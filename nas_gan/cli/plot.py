"""`plot`: a study as one page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.cli.common import DEFAULT_STORAGE, StorageOption, StudyOption, print_lines
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.report.page import Section
    from nas_gan.study.catalogue import Trial

RANKED = 10


def plot(
    study: StudyOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page that is written.")] = Path(
        "plots.html"
    ),
    storage: StorageOption = DEFAULT_STORAGE,
    out: Annotated[
        Path | None, typer.Option(help="Folder with the study's runs. [default: the database's folder]")
    ] = None,
) -> None:
    """Write a page of plots of a study.

    It has the ranking and the best trial's samples too, and stands alone: any browser opens it, without a
    connection.

    \b
    Example:
      python -m nas_gan plot --study resdense-mnist5k -o plots.html
    """
    from nas_gan.report.page import Section, build_page, figures_body
    from nas_gan.report.progress import compute_progress
    from nas_gan.report.tables import best_text, definition_facts, progress_facts
    from nas_gan.study.catalogue import rank, read_trials, summarise
    from nas_gan.study.definition import TRIALS_ASKED, definition_of, load_study
    from nas_gan.study.figures import build_plots
    from nas_gan.study.storage import open_storage

    loaded = load_study(open_storage(storage, create=False), study)
    definition, ranking = definition_of(loaded), rank(loaded)
    progress = compute_progress(read_trials(loaded), loaded.user_attrs.get(TRIALS_ASKED))
    facts = [*definition_facts(definition), *progress_facts(progress), ("best", best_text(summarise(loaded)))]
    facts.append(("written", f"{datetime.now():%Y-%m-%d %H:%M}"))
    folder = (out or _folder_of(storage)) / study
    sections = _best_sections(ranking, definition.metric, folder) + [
        Section(found.title, found.explanation, figures_body(found.figures, f"plot-{number}"))
        for number, found in enumerate(build_plots(loaded))
    ]
    _write(output, build_page(f"Study {study}", facts, sections))
    print_lines([f"Wrote {output}"])


def _best_sections(ranking: list[Trial], metric: str, folder: Path) -> list[Section]:
    """The best trial's samples, if their file is there, and the ranking."""
    from nas_gan.report.page import Section, lines_body, picture_body, table_body
    from nas_gan.report.tables import RANKING_HEADINGS, ranking_row
    from nas_gan.report.topology import draw_topology
    from nas_gan.study.record import SAMPLES_FILE

    if not ranking or ranking[0].record is None:
        return [Section("Ranking", "No trial has been trained to its end yet.", "")]
    first, record = ranking[0], ranking[0].record
    drawing = lines_body(draw_topology(record.architecture))
    table = table_body(RANKING_HEADINGS, [ranking_row(trial) for trial in ranking[:RANKED]], RANKING_HEADINGS)
    sections = [Section("Ranking", f"The best trials by {metric.upper()}.", table)]
    samples = folder / str(first.number) / SAMPLES_FILE
    picture = picture_body(samples.read_bytes(), "Generated images") if samples.is_file() else ""
    text = f"Trial {first.number}, after {record.images_seen:,} images."
    return [*sections, Section("The best trial", text, drawing + picture)]


def _folder_of(storage: str) -> Path:
    return Path("runs") if "://" in storage else Path(storage).parent


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"-o {path}: can't be written ({error.strerror}); give another file") from None
