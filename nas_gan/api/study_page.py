"""The page of a study: facts, the ranking, the best trial and its samples, and all plots."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from nas_gan.api.folders import trial_folder

if TYPE_CHECKING:
    from nas_gan.api.study import Study
    from nas_gan.report.page import Section
    from nas_gan.search.catalogue import Trial

RANKED = 10


def build_study_page(study: Study) -> str:
    """Return the page as text; any browser opens it, without a connection."""
    from nas_gan.report.page import Section, build_page, figures_body
    from nas_gan.search.catalogue import rank
    from nas_gan.search.figures import build_plots

    facts = [*study_facts(study), ("written", f"{datetime.now():%Y-%m-%d %H:%M}")]
    sections = _best_sections(study, rank(study.optuna)) + _unfinished_sections(study)
    sections += [
        Section(found.title, found.explanation, figures_body(found.figures, f"plot-{number}"))
        for number, found in enumerate(build_plots(study.optuna))
    ]
    return build_page(f"Study {study.name}", facts, sections)


def study_facts(study: Study) -> list[tuple[str, str]]:
    """Return what a study is, how far it is, and its best score, as pairs of name and words."""
    from nas_gan.report.progress import compute_progress
    from nas_gan.report.tables import best_text, definition_facts, progress_facts
    from nas_gan.search.catalogue import read_trials, summarise, trials_asked_of

    progress = compute_progress(read_trials(study.optuna), trials_asked_of(study.optuna))
    best = best_text(summarise(study.optuna))
    return [*definition_facts(study.definition), *progress_facts(progress), ("best", best)]


def _unfinished_sections(study: Study) -> list[Section]:
    """Lay out the trials that have reached a rung and not the last: the best may be among them."""
    from nas_gan.metrics.scores import METRICS
    from nas_gan.report.page import Section, table_body
    from nas_gan.report.tables import UNFINISHED_HEADINGS, unfinished_row
    from nas_gan.search.unfinished import read_unfinished

    found = read_unfinished(study.optuna)
    if not found:
        return []
    metric = study.definition.metric
    label = METRICS[metric].label
    text = (
        f"Trials that have reached a rung and not the last, with their {label} there and what finishing them costs at "
        "their own pace. One that is ahead has the best score of all trials after as many images."
    )
    rows = [unfinished_row(one, metric) for one in found]
    return [Section("On their way", text, table_body(UNFINISHED_HEADINGS, rows, UNFINISHED_HEADINGS[2:]))]


def _best_sections(study: Study, ranking: list[Trial]) -> list[Section]:
    """Lay out the ranking, and the best trial with its samples, if they are in its folder."""
    from nas_gan.metrics.scores import METRICS
    from nas_gan.report.front import FRONT_TEXT, front_table, front_title
    from nas_gan.report.page import Section, lines_body, picture_body, table_body
    from nas_gan.report.tables import ranking_table
    from nas_gan.report.topology import draw_topology
    from nas_gan.runs.record import SAMPLES_FILE
    from nas_gan.search.front import read_front

    if not ranking or ranking[0].record is None:
        return [Section("Ranking", "No trial has been trained to its end yet.")]
    metric, first, record = study.definition.metric, ranking[0], ranking[0].record
    drawing = lines_body(draw_topology(record.architecture))
    headings, rows = ranking_table(ranking[:RANKED], metric)
    label = METRICS[metric].label
    sections = [Section("Ranking", f"The best trials by {label}.", table_body(headings, rows, headings))]
    if len(metrics := study.definition.metrics) > 1:
        front = front_table(read_front(study.optuna), metrics)
        sections.append(Section(front_title(metrics), FRONT_TEXT, table_body(*front, front[0])))
    samples = trial_folder(study.runs, study.name, first.number) / SAMPLES_FILE
    picture = picture_body(samples.read_bytes(), "Generated images") if samples.is_file() else ""
    text = f"Trial {first.number}, after {record.images_seen:,} images."
    return [*sections, Section("The best trial", text, drawing + picture)]
