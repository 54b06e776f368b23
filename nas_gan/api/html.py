"""How runs and studies show themselves in a notebook: a table of facts, and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nas_gan.api.bundle import read_samples
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.api.run import Run
    from nas_gan.api.study import Study

RANKED = 5


def run_html(run: Run) -> str:
    """Show a run: how it ended, its scores at each rung, and its last samples."""
    from nas_gan.metrics.scores import SCORE_KINDS
    from nas_gan.report.page import picture_body

    record = run.record
    kinds = [
        kind
        for kind in SCORE_KINDS.values()
        if any(kind.value(rung.scores) is not None for rung in record.rungs)
    ]
    facts = [
        ("run", run.name),
        ("folder", str(run.folder)),
        ("outcome", ": ".join(filter(None, (record.outcome, record.reason)))),
        ("data", str(record.data["source"])),
        ("protocol", str(record.protocol["name"])),
    ]
    rows = [(f"{rung.images_seen:,}", *(kind.text(rung.scores) for kind in kinds)) for rung in record.rungs]
    body = facts_html(facts) + table_html(("images seen", *(kind.label for kind in kinds)), rows)
    try:
        return body + str(picture_body(read_samples(run.folder), f"Samples of {run.name}"))
    except InputError:
        return body


def study_html(study: Study) -> str:
    """Show a study: facts, its best trials, and samples of the best."""
    from nas_gan.api.study_page import study_facts
    from nas_gan.report.page import picture_body
    from nas_gan.report.tables import ranking_table
    from nas_gan.search.catalogue import rank

    body = facts_html([("study", study.name), *study_facts(study)])
    ranking = rank(study.optuna)
    if not ranking:
        return body
    body += table_html(*ranking_table(ranking[:RANKED], study.definition.metric))
    best = study.trial(ranking[0].number)
    try:
        return body + str(picture_body(read_samples(best.run.folder), f"Samples of trial {best.number}"))
    except InputError:
        return body


def facts_html(facts: Iterable[tuple[str, str]]) -> str:
    """Lay out names and values."""
    return table_html(("", ""), facts)


def table_html(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table; what stands under headings, but for the first column, is set to the right as numbers are."""
    from nas_gan.report.page import table_body

    return str(table_body(headings, rows, headings[1:] if all(headings) else ()))
