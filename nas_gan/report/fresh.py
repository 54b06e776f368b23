"""How sure a ranking is: what fresh seeds say of its trials, or what the noise of seeds lets one expect."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from nas_gan.metrics.scores import METRICS, Metric, ScoreKind
from nas_gan.search.catalogue import Trial
from nas_gan.search.repeats import SEED_DEVIATION, Fresh, Sample, interval_of_one_seed

NOTHING = "–"


def fresh_column(trials: Sequence[Trial], metric: Metric) -> tuple[str, list[str]] | None:
    """Write what fresh seeds say of each trial, under a heading; None where no trial has any."""
    if not any(trial.fresh is not None for trial in trials):
        return None
    return fresh_heading(METRICS[metric]), [fresh_text(trial.fresh, METRICS[metric]) for trial in trials]


def fresh_heading(kind: ScoreKind) -> str:
    """Name the column of fresh seeds."""
    return f"{kind.label}, fresh seeds"


def fresh_text(fresh: Fresh | None, kind: ScoreKind) -> str:
    """`54.00 ± 1.41 (2)`: mean, deviation and count; ≈ behind what can't be told from the best; a dash for none."""
    if fresh is None:
        return NOTHING
    sample = fresh.shown
    if sample.count == 0:
        return f"{fresh.open} to go" if fresh.open else NOTHING
    return f"{_mean_text(sample, kind)} ({sample.count}){' ≈' if fresh.tied else ''}"


def fresh_facts(trial: Trial) -> dict[str, Any] | None:
    """Return what fresh seeds say of a trial as plain data; None without any."""
    fresh = trial.fresh
    if fresh is None:
        return None
    return {
        "choice": _sample_facts(fresh.choice),
        "figure": _sample_facts(fresh.figure),
        "final": [final.model_dump(mode="json") for final in fresh.finals],
        "seeds": list(fresh.seeds),
        "rounds": fresh.rounds,
        "open": fresh.open,
        "tied_with_best": fresh.tied,
    }


def one_seed_interval(trial: Trial, metric: Metric) -> tuple[float, float] | None:
    """Return what other seeds will give of a trial that has one alone; None where that isn't known."""
    has_fresh = trial.fresh is not None and trial.fresh.shown.values
    return None if has_fresh or metric != "fid" or trial.value is None else interval_of_one_seed(trial.value)


def confidence_lines(ranking: Sequence[Trial], metric: Metric, study: str) -> list[str]:
    """Say how good the best is, by seeds that had no part in choosing it where there are any, and who is tied."""
    if not ranking:
        return []
    kind, best = METRICS[metric], ranking[0]
    again = f"python -m nas_gan rerun {study}"
    if best.fresh is None or not (best.fresh.shown.values or best.fresh.shown.failed):
        return _one_seed_lines(best, metric, len(ranking), again)
    lines = [_figure_line(best.number, best.fresh, kind), *_final_lines(best.fresh, kind)]
    if tied := [str(trial.number) for trial in ranking if trial.fresh is not None and trial.fresh.tied]:
        plural = "s" if len(tied) > 1 else ""
        lines.append(f"Tied with it, as far as these seeds tell: trial{plural} {', '.join(tied)}.")
    waiting = sum(trial.fresh.open for trial in ranking if trial.fresh is not None)
    if waiting:
        lines.append(f"{waiting} more seeds are still to be trained; the ranking may change: {again}")
    if newer := _newcomer(ranking, kind):
        value, place = kind.format(newer.value), ranking.index(newer) + 1
        lines.append(
            f"Trial {newer.number} came to {value} with its one seed, and hasn't been compared with fresh ones: "
            f"{again} (`top` {place})"
        )
    return lines


def _one_seed_lines(best: Trial, metric: Metric, count: int, again: str) -> list[str]:
    kind, known = METRICS[metric], one_seed_interval(best, metric)
    if best.value is None:
        return []
    said = f"{kind.label} {kind.format(best.value)} of trial {best.number} comes from one seed, by which it was chosen"
    said += f" out of {count}" if count > 1 else ""
    if known is not None:
        low, high = (kind.format(value) for value in known)
        said += f": other seeds give {low} to {high}, sooner worse than better (they differ by {SEED_DEVIATION:.0%})"
    return [f"{said}. Fresh seeds: {again}"]


def _figure_line(number: int, fresh: Fresh, kind: ScoreKind) -> str:
    sample = fresh.shown
    seeds = "a fresh seed" if sample.count == 1 else f"{sample.count} fresh seeds"
    is_figure = sample is fresh.figure
    part = "which took no part in choosing it" if is_figure else "by which it was chosen"
    failed = f"; training failed with {sample.failed}" if sample.failed else ""
    return f"Trial {number}: {kind.label} {_mean_text(sample, kind)} with {seeds}, {part}{failed}."


def _final_lines(fresh: Fresh, kind: ScoreKind) -> list[str]:
    lines = []
    unseen = [final for final in fresh.finals if final.protocol.get("reference") == "held_out_final"]
    values = tuple(value for final in unseen if (value := kind.value(final.scores)) is not None)
    if values:
        count = unseen[0].protocol.get("reference_count", 0)
        lines.append(
            f"Against {count:,} real images that nothing was pruned or chosen by: {kind.label} "
            f"{_mean_text(Sample(values), kind)}."
        )
    samples = [final.sample_distance for final in fresh.finals if final.sample_distance is not None]
    held_out = [final.held_out_distance for final in fresh.finals if final.held_out_distance is not None]
    if samples and held_out:
        lines.append(
            f"From its images to the nearest training image it is {fmean(samples):.2f} (median), from held-out "
            f"images {fmean(held_out):.2f}: copies would be much nearer."
        )
    return lines


def _newcomer(ranking: Sequence[Trial], kind: ScoreKind) -> Trial | None:
    """Find the best trial with one seed alone, if that is better than what the compared ones had with their first."""
    compared = [trial for trial in ranking if trial.fresh is not None and trial.fresh.rounds]
    others = [trial for trial in ranking if trial not in compared and trial.value is not None]
    sign = -1.0 if kind.higher_is_better else 1.0
    if not compared or not others:
        return None
    limit = min(sign * trial.value for trial in compared if trial.value is not None)
    first = min(others, key=lambda trial: sign * (trial.value or 0.0))
    return first if sign * (first.value or 0.0) < limit else None


def _mean_text(sample: Sample, kind: ScoreKind) -> str:
    spread = "" if sample.deviation is None else f" ± {kind.format(sample.deviation)}"
    return f"{kind.format(sample.mean)}{spread}"


def _sample_facts(sample: Sample) -> dict[str, Any]:
    return {
        "mean": sample.mean,
        "deviation": sample.deviation,
        "count": len(sample.values),
        "failed": sample.failed,
        "values": list(sample.values),
    }
