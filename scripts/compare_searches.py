"""Compares ways of searching by real searches at equal time: picks trained again with fresh seeds, and compute.

    python scripts/compare_searches.py run --ways local halving --seeds 20 21 22 23 24   # an hour and more
    python scripts/compare_searches.py show                                             # what there is so far
    python scripts/compare_searches.py show --folder studies/searches                   # what came with the repository

A search is `python -m nas_gan search` with the options of its way, for so many core-minutes in one process, and a
minute of grace. Then its pick is trained with three seeds that took no part in the choice; the FID of one that fails
for good is infinite. All ways of a seed come before those of the next. Stopped, the same command goes on: a search that
was under way is made again. FOLDER/WAY-SEED.json has what it came to, and the folder of that name its runs.

Compute is counted in multiply-adds, trained and scored (`nas_gan.table.compute`). The speed-up over a reference is its
compute over the least at which the median of the best FID so far reaches the reference's median at its end; figures
in brackets are 95 % intervals by the bootstrap over seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, final

import numpy as np

import nas_gan
from nas_gan.runs.record import RECORD_FILE, RunRecord, load_record
from nas_gan.search.trials import START
from nas_gan.table.compute import price_run
from nas_gan.table.replay import Course
from nas_gan.table.speedup import speed_up

WAYS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "local": (),
        "local, all to the end": ("--pruner", "none"),
        "local, no starts": ("--no-space-starts",),
        "local, promotion": ("--promote",),
        "local, class FID at rungs": ("--signal", "class-fid"),
        "tpe": ("--sampler", "tpe"),
        "halving": ("--sampler", "random"),
        "halving, no starts": ("--sampler", "random", "--no-space-starts"),
        "random": ("--sampler", "random", "--pruner", "none"),
    }
)
FRESH_SEEDS = (100, 101, 102)


@final
class Search(NamedTuple):
    """One search: its course over compute, its best start, its pick's FID as shown and with fresh seeds."""

    course: Course
    start: float
    shown: float
    fresh: tuple[float, ...]

    def to_json(self) -> str:
        """Return it as text; `from_json` reads it again."""
        return json.dumps(self._asdict() | {"course": asdict(self.course)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Search:
        """Read what `to_json` has written."""
        told = json.loads(text)
        course: dict[str, Any] = told["course"]
        course |= {name: tuple(course[name]) for name in ("computes", "qualities")}
        return cls(Course(**course), told["start"], told["shown"], tuple(told["fresh"]))


def main() -> int:
    """Search, or show; 0 when done, 1 where a search failed, 130 when stopped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("run", "show"))
    parser.add_argument("--ways", nargs="+", default=("local", "halving"), choices=WAYS, metavar="WAY")
    parser.add_argument("--seeds", nargs="+", type=int, default=[*range(20, 25)], metavar="N")
    parser.add_argument(
        "--core-minutes", type=int, default=12, help="of a search, without grace (default 12)"
    )
    parser.add_argument("--space", default="resdense")
    parser.add_argument("--data", default="mnist5k")
    parser.add_argument("--folder", type=Path, default=Path("runs/compare"), help="(default runs/compare)")
    arguments = parser.parse_args()
    try:
        if arguments.command == "run":
            for seed in arguments.seeds:
                for way in arguments.ways:
                    _make(arguments, way, seed)
        _show(arguments.folder)
    except subprocess.CalledProcessError as error:
        print(f"error: {' '.join(map(str, error.cmd))} ended with {error.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    return 0


def _make(arguments: argparse.Namespace, way: str, seed: int) -> None:
    """Search, unless that was done, and train the pick again."""
    folder = arguments.folder / f"{way}-{seed}"
    result = arguments.folder / f"{way}-{seed}.json"
    if result.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"{way}, seed {seed}", file=sys.stderr)
    what = ["--space", arguments.space, "--data", arguments.data, "--seed", str(seed), "--study", "s"]
    time = ["--workers", "1", "--timeout", f"{arguments.core_minutes}m", "--grace", "1m"]
    _call(folder, "search", *what, *time, *WAYS[way])
    found = tuple(_train_again(folder, arguments.data, fresh) for fresh in FRESH_SEEDS)
    result.write_text(_read_search(folder, found).to_json())


def _call(folder: Path, *words: str) -> None:
    """Run a command of nas_gan in a folder, with one thread; what it says goes to a log there."""
    with (folder / "log").open("a") as log:
        command = [sys.executable, "-m", "nas_gan", *words]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=True)


def _train_again(folder: Path, data: str, seed: int) -> float:
    """Train the pick with a fresh seed; return its FID at the end, infinite where training fails for good."""
    out = folder / f"f{seed}"
    given = ["--data", data, "--seed", str(seed), "--images", "18k", "--scorings", "1", "-o", out.name]
    try:
        _call(folder, "train", "s:best", *given)
    except subprocess.CalledProcessError:
        if not (out / RECORD_FILE).exists() or load_record(out).outcome != "pruned":
            raise
        return math.inf
    return _fid_of(load_record(out))


def _fid_of(record: RunRecord) -> float:
    fid = record.rungs[-1].scores.frechet_distance
    return math.inf if fid is None else fid


def _show(folder: Path) -> None:
    """Print a table of the ways that there are, and each one's speed-up over the randoms."""
    found: dict[str, dict[int, Search]] = {}
    for result in sorted(folder.glob("*-*.json")):
        way, _, seed = result.stem.rpartition("-")
        found.setdefault(way, {})[int(seed)] = Search.from_json(result.read_text())
    print(
        "| way | seeds | best start | FID of the pick, shown | with fresh seeds, mean of three | median | trials |"
    )
    print("|---|---|---|---|---|---:|---:|")
    for way, searches in found.items():
        each = [searches[seed] for seed in sorted(searches)]
        means = [statistics.fmean(search.fresh) for search in each]
        starts = ", ".join(f"{search.start:.1f}" if search.start < math.inf else "–" for search in each)
        shown = ", ".join(f"{search.shown:.1f}" for search in each)
        again = ", ".join(f"{mean:.1f}" for mean in means)
        trials = statistics.median(search.course.trials for search in each)
        seeds = ", ".join(map(str, sorted(searches)))
        print(
            f"| {way} | {seeds} | {starts} | {shown} | {again} | {statistics.median(means):.1f} | {trials:g} |"
        )
    for reference in ("halving", "random"):
        if reference in found:
            _show_speed(found, reference)


def _show_speed(found: Mapping[str, Mapping[int, Search]], reference: str) -> None:
    theirs = [search.course for search in found[reference].values()]
    budget = min(course.spent for course in theirs)
    print(f"\nTo the median best of `{reference}` after {budget:.3g} multiply-adds:\n")
    for way, searches in found.items():
        if way != reference:
            ours = [search.course for search in searches.values()]
            speed = speed_up(ours, theirs, budget, np.random.default_rng(0))
            print(f"- {way}: {speed.value:.2f} times as fast [{speed.low:.2f}, {speed.high:.2f}]")


def _read_search(folder: Path, fresh: tuple[float, ...]) -> Search:
    """Read a search back: trials in the order of their ends, each paid for as far as it went."""
    study = nas_gan.load_study("s", storage=str(folder / "runs" / "studies.db"))
    records = [trial.record for trial in study.trials if trial.record is not None]
    records.sort(
        key=lambda record: datetime.fromisoformat(record.started_at).timestamp() + record.wall_seconds
    )
    spent, best, computes, qualities = 0.0, math.inf, [], []
    for record in records:
        spent += _compute(record)
        if record.outcome != "complete":
            continue
        fid = _fid_of(record)
        if fid < best:
            best = fid
            computes.append(spent)
            qualities.append(fid)
    starts = [
        trial.value
        for trial in study.optuna.get_trials(deepcopy=False)
        if START in trial.user_attrs and trial.value is not None
    ]
    complete = sum(record.outcome == "complete" for record in records)
    course = Course(tuple(computes), tuple(qualities), spent, len(records), complete)
    return Search(course, min(starts, default=math.inf), best, fresh)


def _compute(record: RunRecord) -> float:
    """Count the multiply-adds of a trial, trained and scored, by the classifier's protocol."""
    if record.reused_from is not None:
        return 0.0
    macs, scoring = price_run(record.cost, record.architecture.model_dump(mode="json"), record.protocol)
    return record.images_seen * macs + len(record.rungs) * scoring


if __name__ == "__main__":
    sys.exit(main())
