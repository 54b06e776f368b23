"""`status`: what studies there are, or how one is getting on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    build_columns,
    build_facts,
    print_json,
    print_lines,
    print_rich,
)
from nas_gan.cli.named import StudyOption, choose_study, complete_study
from nas_gan.errors import InputError

UNFINISHED_SHOWN = 3


def status(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="[STUDY]",
            help="Name of one study; without it, all are listed.",
            show_default=False,
            autocompletion=complete_study,
        ),
    ] = None,
    option: StudyOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
) -> None:
    """List the studies, or show how one is getting on.

    One study: what it is, its trials by state, how many were pruned and why, its best trial, its pace and the
    time that is left.

    \b
    Examples:
      python -m nas_gan status
      python -m nas_gan status resdense-mnist5k
    """
    # Optuna keeps local times without a zone.
    now = datetime.now()
    if study is None and option is None:
        show_studies(storage, json, now)
    else:
        show_study(storage, choose_study(study, option, storage), json, now)


def show_studies(storage: str, json: bool, now: datetime) -> None:
    """Print the studies of a database."""
    from nas_gan.report.tables import STUDY_HEADINGS, study_row
    from nas_gan.search.catalogue import StudySummary, summarise
    from nas_gan.search.definition import load_study
    from nas_gan.search.storage.damage import damage_of
    from nas_gan.search.storage.database import masked_url, open_storage, study_names

    opened = open_storage(storage, create=False)
    summaries: list[StudySummary] = []
    others: list[dict[str, str]] = []
    for name in sorted(study_names(opened)):
        try:
            summaries.append(summarise(load_study(opened, name)))
        except Exception as error:  # one study that can't be read doesn't hide the others
            problem = str(error) if isinstance(error, InputError) else damage_of(error)
            if problem is None:
                raise
            others.append({"name": name, "problem": problem})
    if json:
        print_json([*(asdict(summary) for summary in summaries), *others])
        return
    if summaries:
        rows = [study_row(summary, now) for summary in summaries]
        print_rich(build_columns(STUDY_HEADINGS, rows, whole=STUDY_HEADINGS[:1]))
    print_lines(f"not shown: {other['problem']}" for other in others)
    if not summaries and not others:
        print_lines([f"No studies in {masked_url(storage)} yet; start one with: python -m nas_gan search"])


def show_study(storage: str, name: str, json: bool, now: datetime) -> None:
    """Print what one study is and how it is getting on."""
    from nas_gan.report.progress import compute_progress
    from nas_gan.report.tables import (
        ago_text,
        best_text,
        definition_facts,
        pace_facts,
        progress_facts,
        unfinished_line,
        unscored_line,
    )
    from nas_gan.search.catalogue import read_trials, summarise, trials_asked_of
    from nas_gan.search.definition import definition_of, load_study
    from nas_gan.search.storage.database import open_storage
    from nas_gan.search.unfinished import read_unfinished

    study = load_study(open_storage(storage, create=False), name)
    definition, summary = definition_of(study), summarise(study)
    trials, all_unfinished = read_trials(study), read_unfinished(study)
    unfinished, scored = all_unfinished[:UNFINISHED_SHOWN], {one.number for one in all_unfinished}
    unscored = [trial for trial in trials if trial.state == "running" and trial.number not in scored]
    progress = compute_progress(trials, trials_asked_of(study))
    if json:
        print_json(
            {
                "study": name,
                "definition": asdict(definition),
                "progress": asdict(progress),
                "best": {"trial": summary.best_number, "value": summary.best_value},
                "unfinished": [asdict(one) for one in unfinished],
                "unscored": [{"trial": trial.number, "started": trial.started} for trial in unscored],
                "last_activity": summary.last_activity,
            }
        )
    else:
        facts = [("study", name), *definition_facts(definition), *progress_facts(progress)]
        facts += [("best", best_text(summary))]
        facts += [("on its way", unfinished_line(one, definition.metric)) for one in unfinished]
        facts += [("running", unscored_line(trial, now)) for trial in unscored]
        facts += pace_facts(progress)
        print_rich(build_facts([*facts, ("last activity", ago_text(summary.last_activity, now))]))
