"""One page for one training run, or for several overlaid: scores, what training was like, and samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.graph_objects import Figure

from nas_gan.metrics.scores import SCORE_KINDS
from nas_gan.report.numbers import format_seconds
from nas_gan.report.page import Section, build_page, figures_body, lines_body, picture_body, table_body
from nas_gan.report.run_figures import ShownRun, plot_classes, plot_curves, plot_score
from nas_gan.report.topology import describe_topology
from nas_gan.runs.record import SAMPLES_FILE, RunRecord, load_record

CURVES = (
    (
        "Losses",
        ("discriminator_loss", "discriminator's loss"),
        ("generator_loss", "generator's loss"),
        False,
        "What each network minimises, as means over a window of updates.",
    ),
    (
        "Discriminator outputs",
        ("real_output", "output on real images"),
        ("generated_output", "output on generated images"),
        False,
        "Sigmoid of the discriminator's score, in [0, 1]: a probability where the loss takes it for one. "
        "At 0 on generated images, the discriminator has won.",
    ),
    (
        "Gradient norms",
        ("discriminator_gradient_norm", "discriminator's gradient"),
        ("generator_gradient_norm", "generator's gradient"),
        True,
        "Of all of a network's parameters together, at the last update of each window. Towards 0, a network "
        "no longer learns; a steep rise comes before divergence.",
    ),
)


def load_runs(folders: Sequence[Path], given: Sequence[str | None] = ()) -> list[tuple[ShownRun, Path]]:
    """Load the runs in these folders. Raises InputError where one has no record.

    A run is called by the name that is `given`, else by its folder's, or by the path where two names are equal.
    """
    given = given or (None,) * len(folders)
    names = [name or folder.resolve().name for name, folder in zip(given, folders, strict=True)]
    alone = len(folders) == 1
    return [
        (ShownRun(name if names.count(name) == 1 else str(folder), place, alone, load_record(folder)), folder)
        for place, (folder, name) in enumerate(zip(folders, names, strict=True))
    ]


def build_run_page(folders: Sequence[Path], given: Sequence[str | None], written: str) -> str:
    """Return the page of the runs in `folders`. It loads nothing. Raises InputError where one has no record."""
    found = load_runs(folders, given)
    runs = [run for run, _ in found]
    title = (
        f"Run {runs[0].name}" if len(runs) == 1 else f"{len(runs)} runs: {', '.join(r.name for r in runs)}"
    )
    facts = [*_facts(runs[0].record), ("written", written)] if len(runs) == 1 else [("written", written)]
    sections = [_overview(runs), *_score_sections(runs), *_curve_sections(runs), _samples(found)]
    return build_page(title, facts, sections)


def run_charts(runs: Sequence[ShownRun]) -> list[tuple[str, dict[str, Any]]]:
    """Return the figures of runs, each as plotly's JSON under the name of a file; one a protocol where it has scores."""  # noqa: E501
    found: list[tuple[str, Figure | None]] = []
    for kind in SCORE_KINDS.values():
        for place, group in enumerate(_group_by_protocol(runs)):
            found.append((f"{kind.option}-{place}", plot_score(group, kind)))
            found.append((f"{kind.option}-classes-{place}", plot_classes(group, kind)))
    for title, left, right, log, _ in CURVES:
        found.append((title.lower().replace(" ", "-"), plot_curves(runs, left, right, log=log)))
    return [(name, json.loads(figure.to_json(engine="json"))) for name, figure in found if figure is not None]


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    ended = record.outcome + (f": {record.reason}" if record.reason else "")
    return [
        ("outcome", ended),
        ("images", f"{record.images_seen:,} of {record.images_planned:,}"),
        ("data", str(record.data.get("source", "–"))),
        ("protocol", str(record.protocol.get("name", "–"))),
        ("seed", str(record.seed)),
        ("time", format_seconds(record.wall_seconds)),
    ]


def _overview(runs: Sequence[ShownRun]) -> Section:
    """Return the last scores of each run, and its networks."""
    last = [run.record.rungs[-1].scores for run in runs if run.record.rungs]
    kinds = [kind for kind in SCORE_KINDS.values() if any(kind.value(scores) is not None for scores in last)]
    labels = [kind.label for kind in kinds]
    rows = [
        (
            run.name,
            run.record.outcome,
            f"{run.record.images_seen:,}",
            str(run.record.protocol.get("name", "–")),
            *(kind.text(run.record.rungs[-1].scores) if run.record.rungs else "–" for kind in kinds),
        )
        for run in runs
    ]
    headings = ("run", "outcome", "images", "protocol", *labels)
    networks = [line for run in runs for line in (run.name, *describe_topology(run.record.architecture), "")]
    table = table_body(headings, rows, ("images", *labels))
    text = "The last scoring of each run, and its networks."
    return Section("Overview", text, table + lines_body(networks[:-1]))


def _score_sections(runs: Sequence[ShownRun]) -> Iterator[Section]:
    """Return a section for each score that a run has; runs of different protocols are never in one figure."""
    groups = _group_by_protocol(runs)
    caution = "" if len(groups) < 2 else " A figure for each protocol: scores of two don't compare."
    for number, kind in enumerate(SCORE_KINDS.values()):
        figures = _drawn(plot_score(group, kind) for group in groups)
        if figures:
            yield Section(kind.title, kind.sentence + caution, figures_body(figures, f"score-{number}"))
        bars = _drawn(plot_classes(group, kind) for group in groups)
        if bars:
            text = "At the last scoring that has it." + caution
            yield Section(f"{kind.title}, each", text, figures_body(bars, f"classes-{number}"))


def _curve_sections(runs: Sequence[ShownRun]) -> Iterator[Section]:
    """Return what training was like."""
    for title, left, right, log, explanation in CURVES:
        figure = plot_curves(runs, left, right, log=log)
        if figure is not None:
            yield Section(title, explanation, figures_body([figure], f"curve-{left[0]}"))


def _samples(found: Sequence[tuple[ShownRun, Path]]) -> Section:
    pictures = []
    for run, folder in found:
        path = folder / SAMPLES_FILE
        shown = picture_body(path.read_bytes(), f"Generated by {run.name}") if path.is_file() else ""
        last = run.record.rungs[-1].images_seen if run.record.rungs else 0
        caption = (
            f"{run.name}, after {last:,} images" if shown else f"{run.name}: no {SAMPLES_FILE} in {folder}"
        )
        pictures.append(lines_body([caption]) + shown)
    return Section(
        "Last samples", "From the same noise for every run of one protocol.", Markup("\n").join(pictures)
    )


def _group_by_protocol(runs: Sequence[ShownRun]) -> list[list[ShownRun]]:
    """Put runs whose scores compare together. A run without scores is in no group."""
    groups: dict[str, list[ShownRun]] = {}
    for run in runs:
        if run.record.rungs:
            groups.setdefault(run.record.rungs[-1].scores.protocol_fingerprint, []).append(run)
    return list(groups.values())


def _drawn(figures: Iterator[Figure | None]) -> list[Figure]:
    return [figure for figure in figures if figure is not None]
