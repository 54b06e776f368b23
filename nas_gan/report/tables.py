"""Records as rows of text, for a terminal or a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nas_gan.metrics.scores import METRICS, SCORE_KINDS, Metric, ScoreKind
from nas_gan.report.fresh import fresh_column, fresh_facts
from nas_gan.report.numbers import format_count, format_seconds
from nas_gan.report.progress import Progress
from nas_gan.report.topology import discriminator_line, generator_line
from nas_gan.search.aims import find_aim
from nas_gan.search.catalogue import StudySummary, Trial
from nas_gan.search.definition import StudyDefinition
from nas_gan.search.unfinished import Unfinished

if TYPE_CHECKING:
    from nas_gan.runs.crossval import CrossTable

COST_HEADINGS = ("parameters", "G", "D", "multiply-adds", "images")
STUDY_HEADINGS = ("study", "space", "data", "trials", "best", "last activity")
NOTHING = "–"


def ranking_table(trials: Sequence[Trial], metric: Metric) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return headings and a row a trial: its last scores, but for those that none has, and its cost.

    The heading of the metric is marked.
    """
    last = [trial.record.rungs[-1].scores for trial in trials if trial.record and trial.record.rungs]
    by = METRICS[metric]
    quick = [kind for kind in SCORE_KINDS.values() if not kind.slow]
    # Beside a metric that isn't one of them, a terminal has room for the first alone.
    columns = quick if by in quick else [by, quick[0]]
    shown = [kind for kind in columns if kind is by or any(kind.value(scores) is not None for scores in last)]
    marked = (f"{kind.label} ▾" if kind is by else kind.label for kind in shown)
    headings = ("trial", *marked, *COST_HEADINGS)
    rows = [_ranking_row(trial, shown) for trial in trials]
    if (fresh := fresh_column(trials, metric)) is None:
        return headings, rows
    heading, cells = fresh
    both = zip(rows, cells, strict=True)
    return (headings[0], heading, *headings[1:]), [(row[0], cell, *row[1:]) for row, cell in both]


def _ranking_row(trial: Trial, scores: Sequence[ScoreKind]) -> tuple[str, ...]:
    record = trial.record
    if record is None:
        return (str(trial.number), *(NOTHING,) * (len(scores) + len(COST_HEADINGS)))
    cost = record.cost
    return (
        str(trial.number),
        *(score.text(record.rungs[-1].scores) if record.rungs else NOTHING for score in scores),
        format_count(cost.generator_parameters + cost.discriminator_parameters),
        format_count(cost.generator_parameters),
        format_count(cost.discriminator_parameters),
        format_count(cost.generator_macs + cost.discriminator_macs),
        format_count(record.images_seen),
    )


def ranking_facts(trial: Trial) -> dict[str, Any]:
    """Return one trial of a ranking as plain data."""
    record = trial.record
    if record is None:
        return {"trial": trial.number, "value": trial.value}
    return {
        "trial": trial.number,
        "value": trial.value,
        "fresh": fresh_facts(trial),
        "scores": record.rungs[-1].facts() if record.rungs else None,
        "cost": asdict(record.cost),
        "images_seen": record.images_seen,
        "architecture_hash": record.architecture_hash,
        "topology": [generator_line(record.architecture), discriminator_line(record.architecture)],
        "architecture": record.architecture.model_dump(mode="json"),
    }


def cross_headings(names: Sequence[str]) -> tuple[str, ...]:
    """Name a column a generator, after that of the discriminators."""
    return ("discriminator", *names)


def cross_rows(cross: CrossTable) -> list[tuple[str, ...]]:
    """Write a row a discriminator: rates in percent."""
    return [
        (name, *(f"{100 * rate:.2f}" for rate in rates))
        for name, rates in zip(cross.names, cross.rates, strict=True)
    ]


def study_row(summary: StudySummary, now: datetime) -> tuple[str, ...]:
    """Return one study under STUDY_HEADINGS."""
    return (
        summary.name,
        summary.space,
        summary.data,
        counts_text(summary.counts),
        best_text(summary),
        ago_text(summary.last_activity, now),
    )


def definition_facts(definition: StudyDefinition) -> list[tuple[str, str]]:
    """Return what a study is, as names and values."""
    better = "smaller is better" if definition.direction == "minimize" else "larger is better"
    rungs = ", ".join(f"{rung:,}" for rung in definition.rungs)
    others = [find_aim(name).label for name in definition.other_metrics]
    return [
        ("space", definition.space),
        ("data", _data_text(definition)),
        ("metric", ", ".join((f"{METRICS[definition.metric].label}, {better}", *others))),
        ("protocol", str(definition.protocol.get("name", NOTHING))),
        ("budget", f"{definition.images:,} images a trial, scored after {rungs}"),
    ]


def progress_facts(progress: Progress) -> list[tuple[str, str]]:
    """Return what has become of a study's trials, as names and values."""
    facts = [("trials", counts_text(progress.counts))]
    if progress.share_pruned is not None:
        facts.append(("pruned", f"{progress.share_pruned:.0%} of {progress.done}"))
    return facts + [("", f"{count} × {reason}") for reason, count in progress.reasons.items()]


def pace_facts(progress: Progress) -> list[tuple[str, str]]:
    """Say how fast a study gets on, as names and values."""
    pace = progress.trials_per_hour
    return [
        ("pace", f"{pace:,.{0 if pace >= 100 else 1}f} trials an hour" if pace is not None else NOTHING),
        ("time left", _left_text(progress)),
    ]


def counts_text(counts: dict[str, int]) -> str:
    """`12 complete, 20 pruned, 1 running`, or `none yet`."""
    return ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items()) or "none yet"


def best_text(summary: StudySummary) -> str:
    """`FID 12.34 (trial 8)`, or a dash."""
    if summary.best_number is None:
        return NOTHING
    metric = METRICS[summary.metric]
    return f"{metric.label} {metric.format(summary.best_value)} (trial {summary.best_number})"


def starts_line(ranking: Sequence[Trial], metric: Metric) -> str:
    """Compare the best trial of a ranking with the best start in it; empty where no start has been trained."""
    starts = [trial for trial in ranking if trial.start]
    if not starts:
        return ""
    kind, (best, first) = METRICS[metric], (ranking[0], starts[0])
    known = (
        f"{first.start}, the best of {len(starts)} starts, came to {kind.label} {kind.format(first.value)}"
    )
    if best.start:
        return f"{known}: nothing better has been found yet."
    return f"{known}; trial {best.number}, which the search has found, to {kind.format(best.value)}."


def unfinished_line(one: Unfinished, metric: Metric) -> str:
    """`trial 6 is ahead: FID 106.1 after 6,000 images; interrupted, 12,000 images to go, about 1 min`."""
    kind = METRICS[metric]
    ahead = " is ahead" if one.is_ahead else ""
    cost = "" if one.seconds_left is None else f", about {format_seconds(one.seconds_left)}"
    return (
        f"trial {one.number}{ahead}: {kind.label} {kind.format(one.value)} after {one.images_seen:,} images; "
        f"{one.state}, {one.images_left:,} images to go{cost}"
    )


def unscored_line(trial: Trial, now: datetime) -> str:
    """`trial 7: no score yet, started 2 min ago`."""
    return f"trial {trial.number}: no score yet, started {ago_text(trial.started, now)}"


def ago_text(moment: datetime | None, now: datetime) -> str:
    """`5 min ago`, or a dash."""
    return NOTHING if moment is None else f"{format_seconds(max(0.0, (now - moment).total_seconds()))} ago"


def _data_text(definition: StudyDefinition) -> str:
    if definition.resolution == 1:
        return f"{definition.data}: points of {definition.channels} dimensions"
    size = f"{definition.resolution}×{definition.resolution}"
    channels = "grey" if definition.channels == 1 else f"{definition.channels} channels"
    classes = f"{definition.classes} classes" if definition.classes else "no labels"
    return f"{definition.data}: {size}, {channels}, {classes}"


def _left_text(progress: Progress) -> str:
    if progress.trials_asked is None:
        return "not known: no search has said how many trials it wants"
    if progress.seconds_left is None:
        return f"not known before the first of {progress.trials_asked} trials has ended"
    missing = progress.trials_asked - progress.done
    if missing <= 0:
        return f"none: all {progress.trials_asked} trials are done"
    return (
        f"about {format_seconds(progress.seconds_left)} for {missing} more of {progress.trials_asked} trials"
    )
