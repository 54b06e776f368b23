"""All trials of a study as a table: what a person reads, and plain values for programs and papers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

from nas_gan.metrics.scores import METRICS, SCORE_KINDS, ScoreKind
from nas_gan.report.fresh import fresh_heading, fresh_text
from nas_gan.report.numbers import format_count, format_seconds
from nas_gan.report.tables import NOTHING
from nas_gan.search.views import StudyView, TrialView

Value = float | int | str | None


@final
@dataclass(frozen=True)
class Column:
    """A column: its name for programs, its heading, its value, and how this is written.

    `words`: what a person reads where the value alone isn't enough.
    """

    key: str
    heading: str
    value: Callable[[TrialView], Value]
    write: Callable[[Any], str] = str
    is_number: bool = True
    words: Callable[[TrialView], str] | None = None

    def text(self, view: TrialView) -> str:
        """Write its value; a dash where there is none."""
        if self.words is not None:
            return self.words(view)
        value = self.value(view)
        return NOTHING if value is None or value == "" else self.write(value)


def columns_of(study: StudyView) -> list[Column]:
    """Return the columns for a person: state, scores at rungs and by fresh seeds, others, cost, time and the reason."""
    metric = METRICS[study.definition.metric]
    rungs = [_rung_column(metric, images) for images in study.definition.rungs]
    others = [
        _score_column(kind) for kind in SCORE_KINDS.values() if kind is not metric and _is_made(study, kind)
    ]
    return [
        Column("trial", "trial", lambda view: view.number),
        Column("state", "state", lambda view: view.trial.state, is_number=False),
        Column("place", "place", lambda view: view.place),
        *rungs,
        *_fresh_columns(study, metric),
        *others,
        Column("parameters", "parameters", _parameters, format_count),
        Column("macs", "multiply-adds", _macs, format_count),
        Column("images_seen", "images", lambda view: view.images or None, format_count),
        Column("seconds", "time", lambda view: view.seconds, format_seconds),
        Column("reason", "reason", _reason, is_number=False),
    ]


def plain_rows(study: StudyView) -> list[dict[str, Value]]:
    """Return a row a trial with equal keys in all: its columns, its start, and each hole by its dotted name."""
    columns = columns_of(study)
    has_fresh = any(column.key == "fresh_mean" for column in columns)
    holes = dict.fromkeys(name for view in study.trials for name in view.parameters)
    return [
        {column.key: column.value(view) for column in columns}
        | (_fresh_values(view) if has_fresh else {})
        | {"start": view.trial.start or None}
        | {name: view.parameters.get(name) for name in holes}
        for view in study.trials
    ]


def csv_text(rows: Sequence[dict[str, Value]]) -> str:
    """Write rows of equal keys as CSV (RFC 4180), the keys first; a value that isn't there is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["trial"])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _rung_column(metric: ScoreKind, images: int) -> Column:
    heading = f"{metric.label} @ {format_count(images)}"
    return Column(f"{metric.option}@{images}", heading, lambda view: view.values.get(images), metric.format)


def _score_column(kind: ScoreKind) -> Column:
    def value(view: TrialView) -> Value:
        rungs = view.trial.record.rungs if view.trial.record else ()
        return kind.value(rungs[-1].scores) if rungs else None

    return Column(kind.name, kind.label, value, kind.format)


def _fresh_columns(study: StudyView, metric: ScoreKind) -> list[Column]:
    """Return the mean of fresh seeds with its deviation, where trials of the study have been trained again."""
    if all(view.trial.fresh is None for view in study.trials):
        return []

    def mean(view: TrialView) -> Value:
        return view.trial.fresh and view.trial.fresh.shown.mean

    return [
        Column(
            "fresh_mean",
            fresh_heading(metric),
            mean,
            words=lambda view: fresh_text(view.trial.fresh, metric),
        )
    ]


def _fresh_values(view: TrialView) -> dict[str, Value]:
    """Return what stands in a cell behind the mean."""
    fresh = view.trial.fresh
    if fresh is None:
        return {"fresh_deviation": None, "fresh_seeds": None}
    return {"fresh_deviation": fresh.shown.deviation, "fresh_seeds": fresh.shown.count}


def _is_made(study: StudyView, kind: ScoreKind) -> bool:
    records = [view.trial.record for view in study.trials if view.trial.record and view.trial.record.rungs]
    return any(kind.value(record.rungs[-1].scores) is not None for record in records)


def _parameters(view: TrialView) -> Value:
    cost = view.cost
    return None if cost is None else cost.parameters


def _macs(view: TrialView) -> Value:
    cost = view.cost
    return None if cost is None else cost.macs


def _reason(view: TrialView) -> str:
    start = f"start: {view.trial.start}" if view.trial.start else ""
    return "; ".join(filter(None, (start, view.trial.reason)))
