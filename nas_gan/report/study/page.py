"""The page of a study, which needs no network: table, trials and charts; and that of two studies side by side."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, final

from markupsafe import Markup

from nas_gan.errors import InputError
from nas_gan.metrics.scores import METRICS
from nas_gan.report.drawing.svg import DARK, STYLE, draw_networks
from nas_gan.report.front import FRONT_TEXT, front_table, front_title
from nas_gan.report.page import Section, table_body, templates
from nas_gan.report.progress import compute_progress
from nas_gan.report.study.charts import Chart, curve_charts, history_chart, importance_chart, study_charts
from nas_gan.report.study.facts import (
    hole_facts,
    hole_spreads,
    kin_of,
    rung_facts,
    train_command,
    trial_facts,
)
from nas_gan.report.study.table import columns_of
from nas_gan.report.tables import definition_facts, pace_facts, progress_facts
from nas_gan.report.topology_words import training_facts
from nas_gan.search.front import front_of, measure
from nas_gan.search.views import StudyView, TrialView

Sheets = Sequence[tuple[int, str]]
"""Samples of a trial: after how many images, and the URL of the picture."""


@final
@dataclass(frozen=True)
class Source:
    """A study that is shown: as it was read, where its database is, and where the samples of a trial are."""

    study: StudyView
    storage: str
    sheets: Callable[[TrialView], Sheets]


def build_study_page(source: Source, written: str, *, version: str = "", live_seconds: int = 0) -> str:
    """Return the page as text; with `live_seconds` one that asks its server that often whether there is news."""
    return _page(_study_facts(source, written, version), live_seconds)


def build_study_part(source: Source, written: str, version: str) -> str:
    """Return what a live page replaces in itself."""
    return templates().get_template("study/part.html").render(_study_facts(source, written, version))


def build_comparison_page(one: Source, other: Source, written: str) -> str:
    """Return the page of two studies; raises InputError where their scores don't compare."""
    studies = [one.study, other.study]
    check_comparable(*studies)
    best = [(source, source.study.best) for source in (one, other)]
    pair = [
        {
            "title": f"{source.study.name}:{view.number}",
            "body": Markup(trial_html(source, view, hole_spreads(source.study), name=str(place))),
        }
        for place, (source, view) in enumerate(best)
        if view is not None
    ]
    context = _context(
        f"{one.study.name} and {other.study.name}",
        written,
        studies=studies,
        fact_tables=[[("study", study.name), *_facts_of(study)] for study in studies],
        charts=[history_chart(studies), *_importances(studies)],
        pair=pair if len(pair) == 2 else [],
        pictures={
            f"{place}-{view.number}": source.sheets(view)
            for place, (source, view) in enumerate(best)
            if view is not None
        },
    )
    return _page(context, 0)


def check_comparable(one: StudyView, other: StudyView) -> None:
    """Raise InputError unless two studies are after the same score, of the same data, under one protocol."""
    here, there = one.definition, other.definition
    for what, first, second in (
        ("metric", here.metric, there.metric),
        ("data", f"{here.data} {here.data_fingerprint[:8]}", f"{there.data} {there.data_fingerprint[:8]}"),
        (
            "protocol",
            _protocol_text(here.protocol, there.protocol),
            _protocol_text(there.protocol, here.protocol),
        ),
    ):
        if first != second:
            raise InputError(
                f"{one.name} and {other.name}: their {what} differs ({first}; {second}), so their scores don't "
                "compare; make a page for each"
            )


def trial_html(source: Source, view: TrialView, spreads: Mapping[str, str], *, name: str = "") -> str:
    """Return what the page shows of one trial, `spreads` being its study's `hole_spreads`.

    `name` makes it unique where two studies have a trial of its number.
    """
    study = source.study
    identity = f"{name}-{view.number}" if name else str(view.number)
    drawn: Sequence[str] = ()
    if view.architecture is not None and not view.architecture.translates:
        drawn = draw_networks(view.architecture, f"net-{identity}")
    return templates().get_template("study/trial.html").render(
        number=identity,
        facts=trial_facts(study, view),
        kin=("", []) if name else kin_of(study, view),
        relative=view.relative[0] if view.relative else None,
        command=train_command(study, view, source.storage),
        rungs=rung_facts(study, view),
        last=study.definition.images,
        label=METRICS[study.definition.metric].label,
        drawings=[Markup(svg) for svg in drawn],
        training="Training: " + ", ".join(training_facts(view.architecture)) + "." if view.architecture else "",
        holes=hole_facts(study, view, spreads),
        charts=curve_charts(view),
        opener=_opener,
    )  # fmt: skip


def _study_facts(source: Source, written: str, version: str) -> dict[str, Any]:
    study = source.study
    columns = columns_of(study)
    rows = [
        {
            "number": view.number,
            "state": view.trial.state,
            "cells": [
                {
                    "text": column.text(view),
                    "sort": _sort_key(column.value(view)),
                    "is_number": column.is_number,
                }
                for column in columns
            ],
        }
        for view in study.trials
    ]
    spreads = hole_spreads(study)
    bodies = {str(view.number): trial_html(source, view, spreads) for view in study.trials}
    return _context(
        f"Study {study.name}",
        written,
        studies=[study],
        version=version,
        fact_tables=[_facts_of(study)],
        columns=columns,
        rows=rows,
        states=sorted({view.trial.state for view in study.trials}),
        front=_front(study),
        charts=study_charts(study),
        packed=_pack(bodies),
        pictures={str(view.number): sheets for view in study.trials if (sheets := source.sheets(view))},
    )


def _context(title: str, written: str, **given: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "version": "",
        "columns": [],
        "rows": [],
        "states": [],
        "front": None,
        "pair": [],
        "packed": "",
    }
    return empty | {"title": title, "written": written} | given


def _page(context: Mapping[str, Any], live_seconds: int) -> str:
    return templates().get_template("study/page.html").render(
        **context,
        live=live_seconds,
        plotly=Markup("" if live_seconds else plotly_script()),
        net_style=Markup(STYLE),
        net_dark=Markup(DARK),
    )  # fmt: skip


@cache
def plotly_script() -> str:
    """Return plotly.js's basic bundle (MIT), which has lines, dots and bars."""
    return (files("nas_gan.report") / "templates/vendor/plotly-basic.min.js").read_text(encoding="utf-8")


def _facts_of(study: StudyView) -> list[tuple[str, str]]:
    progress = compute_progress([view.trial for view in study.trials], study.trials_asked)
    facts = [*definition_facts(study.definition), *progress_facts(progress)]
    best = study.best
    if best is not None and best.trial.value is not None:
        kind = METRICS[study.definition.metric]
        facts.append(("best", f"{kind.label} {kind.format(best.trial.value)}, trial {best.number}"))
    return [*facts, *pace_facts(progress)]


def _front(study: StudyView) -> Section | None:
    """Lay out the front of a study that is after several metrics, once there is one."""
    metrics = study.definition.metrics
    front = front_of(measure([view.trial for view in study.ranking], metrics), metrics)
    if len(metrics) == 1 or not front:
        return None
    headings, rows = front_table(front, metrics)
    return Section(front_title(metrics), FRONT_TEXT, table_body(headings, rows, headings))


def _importances(studies: Sequence[StudyView]) -> list[Chart]:
    """Lay out what matters in each of two studies, one below the other."""
    return [
        Chart(f"importance-{place}", f"{chart.title} in {study.name}", chart.sentence, chart.drawings)
        for place, (study, chart) in enumerate(zip(studies, map(importance_chart, studies), strict=True))
    ]


def _protocol_text(protocol: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Write a protocol's name, and what of it differs from another's."""
    differing = [
        f"{key} {protocol.get(key)}"
        for key in sorted({*protocol, *other})
        if protocol.get(key) != other.get(key)
    ]
    return ", ".join([str(protocol.get("name")), *differing])


def _sort_key(value: Any) -> str:
    return "" if value is None else str(value)


def _opener(number: int | None) -> Markup:
    if number is None:
        return Markup("")
    return Markup('<button type="button" class="inline" data-open="{0}">open {0}</button>').format(number)


def _pack(bodies: Mapping[str, str]) -> str:
    """Pack the trials: their drawings are much alike, and make a tenth of their length together."""
    return base64.b64encode(zlib.compress(json.dumps(bodies).encode(), 9)).decode("ascii")
