"""Says what the table of real GANs shows, in tables for the documentation.

    python scripts/analyse_table.py                          # the table as packed
    python scripts/analyse_table.py --rows runs/table        # rows as they are recorded
    python scripts/analyse_table.py --sections rungs signals

Correlations are Spearman's, over architectures (their first runs) that were trained to the end, with 95 % intervals
from 1,000 bootstrap samples of architectures. FID after 18,000 images is the end, unless a table says otherwise.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nas_gan.errors import InputError
from nas_gan.table.correlation import better_half, rank_correlation
from nas_gan.table.effects import explained_by_pairs, measure_effects
from nas_gan.table.log import read_rows
from nas_gan.table.pack import load_table
from nas_gan.table.prediction import MODEL_SIGNALS, predict_held_out, read_features
from nas_gan.table.row import Row
from nas_gan.table.sets import SETS
from nas_gan.table.signals import FACTS, SCORES, Signal
from nas_gan.table.speedup import Estimate

Rows = Sequence[Row]
TOO_FEW = "–"
HOLES_SHOWN = 15
FEWEST_FOR_MODEL = 20


def main() -> int:
    """Read the table and print; 0 when done, 2 for bad input."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=Path, help="folder of recorded rows (default: the table as packed)")
    parser.add_argument("--sections", nargs="+", choices=[*SECTIONS], default=[*SECTIONS], metavar="SECTION")
    arguments = parser.parse_args()
    try:
        sets = _load(arguments.rows)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name in arguments.sections:
        print(f"\n## {name}")
        SECTIONS[name](sets)
    return 0


def _load(folder: Path | None) -> dict[str, Rows]:
    if folder is None:
        rows = load_table()
        sets = {name: [row for row in rows if row.set == name] for name in SETS}
    else:
        sets = {name: read_rows(folder / f"{name}.jsonl") for name in SETS}
    if not any(sets.values()):
        raise InputError(f"{folder or 'the table'}: has no rows; record some first")
    return {name: rows for name, rows in sets.items() if rows}


def say_counts(sets: dict[str, Rows]) -> None:
    """Say how many runs, how they ended, what they scored and took."""
    print(
        "\n| set | origin | architectures | runs | diverged | mean FID | median | best | CPU seconds a run | of them "
        "scoring | M multiply-adds |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    for name, rows in sets.items():
        for origin in dict.fromkeys(row.origin for row in rows):
            _say_counts(name, origin, [row for row in rows if row.origin == origin])
    reasons = Counter(row.reason for rows in sets.values() for row in rows if row.outcome != "complete")
    for reason, count in reasons.most_common():
        print(f"\n- {count} × {reason}", end="")
    print()


def _say_counts(name: str, origin: str, rows: Rows) -> None:
    ended = _finals(first_runs(rows))
    seconds = [sum(rung.cpu_seconds for rung in row.rungs) for row in rows if row.final]
    wall = [(rung.scoring_seconds, rung.training_seconds) for row in rows for rung in row.rungs]
    scoring = sum(one for one, _ in wall) / max(1e-9, sum(sum(both) for both in wall))
    failed = sum(row.final is None for row in rows) / len(rows)
    found = [statistics.mean(ended), statistics.median(ended), min(ended)] if ended else [math.nan] * 3
    macs = statistics.mean(row.cost.macs for row in rows) / 1e6
    cells = [
        name,
        origin,
        len(first_runs(rows)),
        len(rows),
        f"{failed:.0%}",
        *(f"{one:.1f}" for one in found),
    ]
    cells += [f"{statistics.mean(seconds or [math.nan]):.0f}", f"{scoring:.0%}", f"{macs:.1f}"]
    print(f"| {' | '.join(map(str, cells))} |")


def say_noise(sets: dict[str, Rows]) -> None:
    """Say how far runs of one architecture differ, and what that leaves for any prediction."""
    print(
        "\n| set | architectures with repeats | deviation of log FID between seeds | of all architectures | "
        "correlation of two seeds |\n|---|---:|---:|---:|---:|"
    )
    for name, rows in sets.items():
        groups: dict[int, list[float]] = {}
        for row in rows:
            if row.final is not None:
                groups.setdefault(row.index, []).append(math.log(row.final.frechet_distance))
        repeated = [group for group in groups.values() if len(group) > 1]
        if not repeated:
            continue
        within = math.sqrt(statistics.mean(statistics.variance(group) for group in repeated))
        among = statistics.stdev(group[0] for group in groups.values())
        pairs = rank_correlation([group[0] for group in repeated], [group[1] for group in repeated])
        print(f"| {name} | {len(repeated)} | {within:.3f} | {among:.3f} | {shown(pairs)} |")


def say_rungs(sets: dict[str, Rows]) -> None:
    """Print the rank correlation of each score at each rung with FID at the end."""
    for name, rows in sets.items():
        ended = [row for row in first_runs(rows) if row.final]
        print(f"\n{name}, {len(ended)} architectures, all of them and the better half:\n")
        print("| images | " + " | ".join(f"{score} | better half" for score in SCORES) + " |")
        print("|---:|" + "---:|---:|" * len(SCORES))
        for place, images in enumerate(_rungs(ended)):
            cells = []
            for signal in SCORES.values():
                cells += [shown(one) for one in _correlate(ended, signal, place)]
            print(f"| {images:,} | {' | '.join(cells)} |")


def say_signals(sets: dict[str, Rows]) -> None:
    """Say which early signal tells the end best, alone and several together."""
    for name, rows in sets.items():
        ended = [row for row in first_runs(rows) if row.final]
        rungs = _rungs(ended)[:-1]
        print(f"\n{name}, {len(ended)} architectures; correlation with FID at the end, by images seen:\n")
        print("| signal | " + " | ".join(f"{images:,}" for images in rungs) + " |")
        print("|---|" + "---:|" * len(rungs))
        for label, signal in [*SCORES.items(), *FACTS.items()]:
            cells = [shown(_correlate(ended, signal, place)[0]) for place in range(len(rungs))]
            print(f"| {label} | {' | '.join(cells)} |")
        cells = [_model(ended, place) for place in range(len(rungs))]
        print(f"| linear model, held out | {' | '.join(cells)} |")
    print(f"\nThe model is a ridge regression of log FID at the end on {', '.join(MODEL_SIGNALS)}.")


def _model(rows: Rows, place: int) -> str:
    if len(rows) < FEWEST_FOR_MODEL:
        return TOO_FEW
    finals = np.log(_finals(rows))
    return shown(rank_correlation(predict_held_out(read_features(rows, place), finals), finals))


def say_resolutions(sets: dict[str, Rows]) -> None:
    """Say whether what is good at 14×14 is good at 28×28."""
    small = {row.index: row for row in first_runs(sets.get("random-14", ())) if row.final}
    large = {row.index: row for row in first_runs(sets.get("random-28", ())) if row.final}
    both = sorted(small.keys() & large.keys())
    if not both:
        print("\nNo architecture was trained at both resolutions yet.")
        return
    pairs = [(small[index], large[index]) for index in both]
    finals = np.array(_finals([there for _, there in pairs]))
    good = better_half(finals)
    print(
        f"\n{len(both)} architectures trained to the end at both; correlation with FID at 28×28 after 18,000 images:"
    )
    print("\n| predictor | all | better half |\n|---|---:|---:|")
    predictors: dict[str, list[float]] = {"14×14, at its end": _finals([here for here, _ in pairs])}
    for place, images in enumerate(_rungs([there for _, there in pairs])[:-1]):
        predictors[f"28×28, after {images:,}"] = [there.rungs[place].frechet_distance for _, there in pairs]
    for label, values in predictors.items():
        all_of_them = rank_correlation(values, finals)
        half = rank_correlation(np.array(values)[good], finals[good])
        print(f"| {label} | {shown(all_of_them)} | {shown(half)} |")


def say_holes(sets: dict[str, Rows]) -> None:
    """Say which holes matter."""
    for name, rows in sets.items():
        runs = mean_runs(rows) if SETS[name].kind == "enumerated" else first_runs(rows)
        print(
            f"\n{name}, {len(runs)} architectures; share of the variance of log FID that each hole explains alone:\n"
        )
        print(
            "| hole | architectures | share | by chance | p | geometric mean of FID |\n|---|---:|---:|---:|---:|---|"
        )
        for effect in measure_effects(runs)[:HOLES_SHOWN]:
            levels = ", ".join(f"{label}: {value:.0f}" for label, value in effect.levels.items())
            figures = f"{effect.share:.1%} | {effect.chance:.1%} | {effect.p:.3f}"
            print(f"| {effect.hole} | {effect.rows} | {figures} | {levels} |")
        if SETS[name].kind == "enumerated" and len(runs) == SETS[name].count:
            pairs = [*explained_by_pairs(runs).items()]
            print(
                "\nPairs beyond both alone: "
                + ", ".join(f"{a} × {b} {s:.1%}" for (a, b), s in pairs[:5])
                + "."
            )


def first_runs(rows: Rows) -> list[Row]:
    """Return one run an architecture: its first."""
    return [row for row in rows if row.seed == 0]


def mean_runs(rows: Rows) -> list[Row]:
    """Return one row an architecture, whose FID at the end is the geometric mean over its runs that came there."""
    found = []
    for first in first_runs(rows):
        finals = [
            row.final.frechet_distance for row in rows if row.index == first.index and row.final is not None
        ]
        if first.final is not None:
            mean = first.final.model_copy(update={"frechet_distance": statistics.geometric_mean(finals)})
            found.append(first.model_copy(update={"rungs": (*first.rungs[:-1], mean)}))
        else:
            found.append(first)
    return found


def shown(estimate: Estimate | None) -> str:
    """Return a correlation and its interval."""
    if estimate is None:
        return TOO_FEW
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"


def _correlate(rows: Rows, signal: Signal, place: int) -> tuple[Estimate | None, Estimate | None]:
    """Correlate a signal at a rung with the end: over all rows, and over the better half."""
    finals = np.array(_finals(rows))
    values = np.array([signal(row, place) for row in rows])
    good = better_half(finals) if len(finals) else finals.astype(bool)
    return rank_correlation(values, finals), rank_correlation(values[good], finals[good])


def _finals(rows: Rows) -> list[float]:
    return [row.final.frechet_distance for row in rows if row.final is not None]


def _rungs(rows: Rows) -> tuple[int, ...]:
    return rows[0].planned if rows else ()


SECTIONS: dict[str, Callable[[dict[str, Rows]], None]] = {
    "counts": say_counts,
    "noise": say_noise,
    "rungs": say_rungs,
    "signals": say_signals,
    "resolutions": say_resolutions,
    "holes": say_holes,
}

if __name__ == "__main__":
    sys.exit(main())
