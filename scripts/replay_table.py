"""Replays searches on the table of real GANs: schedulers exactly, samplers on the space that was trained whole.

    python scripts/replay_table.py schedulers                              # on random-14 and random-28
    python scripts/replay_table.py schedulers --rungs 4000 18000 --signal is --reduction 4
    python scripts/replay_table.py schedulers --compare-rungs              # many choices of rungs and signals
    python scripts/replay_table.py promotion                               # regret with and without, on enumerated-14
    python scripts/replay_table.py samplers                                # on enumerated-14

Compute is counted in multiply-adds, trained and scored (`nas_gan.table.compute`), and given in trainings: of the mean
architecture of the set, to its end, scored once. A search's pick is the best of the trials that it trained to their
end. The speed-up over a reference at a budget B is B over the least compute at which the median over the repeats
reaches the reference's median at B; where it doesn't, it is the inverse of the reference's speed-up over it. Figures in
brackets are 95 % intervals by the bootstrap over the repeats. They don't hold what another draw of the table's
architectures would change.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np
import optuna

from nas_gan.errors import InputError
from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.samplers.observation import Observation
from nas_gan.search.settings import SamplerKind
from nas_gan.space import Space, load_space
from nas_gan.spec import Image
from nas_gan.table.log import read_rows
from nas_gan.table.pack import load_table
from nas_gan.table.regret import measure_regrets
from nas_gan.table.replay import Course, NewSampler, Propose, Values
from nas_gan.table.row import Row, Scalar
from nas_gan.table.samplers import NearPoints, RandomPoints
from nas_gan.table.signals import SIGNALS
from nas_gan.table.speedup import Estimate, median_at, speed_up
from nas_gan.table.tasks import SCHEDULERS, Conditions, mean_cost, replay_samplers, replay_schedulers

DEFAULT_RUNGS = (2_000, 6_000, 18_000)
CHOICES_OF_RUNGS = (
    (667, 2_000, 6_000, 18_000),
    (2_000, 6_000, 18_000),
    (4_000, 9_000, 18_000),
    (6_000, 18_000),
    (4_000, 18_000),
    (9_000, 18_000),
)
CHOICES_OF_SIGNALS = ("fid", "is", "kid", "class-fid")
REGRETTED = ("none", "halving", "promotion")
PLAIN_SAMPLERS: dict[str, NewSampler] = {
    "random": lambda points, generator: RandomPoints(points, generator).propose,
    "near": lambda points, generator: NearPoints(points, generator).propose,
}
STUDY_SAMPLERS: dict[str, SamplerKind] = {"local": "local", "tpe": "tpe", "rnn": "rnn"}


def main() -> int:
    """Replay and print; 0 when done, 2 for bad input."""
    parser = _build_parser()
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--rows", type=Path, help="folder of recorded rows (default: the table as packed)")
    shared.add_argument("--repeats", type=int, default=1000, help="searches of each kind (default 1000)")
    shared.add_argument("--rungs", type=int, nargs="+", default=DEFAULT_RUNGS, metavar="IMAGES")
    shared.add_argument("--signal", default="fid", help="what is compared at a rung (default fid)")
    shared.add_argument("--reduction", type=int, default=3, help="of halving and promotion (default 3)")
    shared.add_argument(
        "--trainings", type=float, nargs="+", default=(6.0, 20.0), help="budgets (default 6 20)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    schedulers = commands.add_parser("schedulers", parents=[shared], help="random search under schedulers")
    schedulers.add_argument("--sets", nargs="+", default=("random-14", "random-28"), metavar="SET")
    schedulers.add_argument("--compare-rungs", action="store_true", help="try choices of rungs and signals")
    schedulers.set_defaults(run=_replay_schedulers)
    promotion = commands.add_parser("promotion", parents=[shared], help="what promotion is worth, as regret")
    promotion.add_argument("--sets", nargs="+", default=("enumerated-14",), metavar="SET")
    promotion.set_defaults(run=_say_regrets, rungs=(6_000, 18_000))
    samplers = commands.add_parser("samplers", parents=[shared], help="samplers on all points of a space")
    samplers.add_argument("--sets", nargs="+", default=("enumerated-14",), metavar="SET")
    samplers.add_argument("--scheduler", default="halving", choices=("none", "halving", "median"))
    samplers.add_argument(
        "--samplers",
        nargs="+",
        default=("random", "near", "local"),
        choices=(*PLAIN_SAMPLERS, *STUDY_SAMPLERS),
        help="random and a plain local search, or those of a study, which take minutes: give --repeats 100",
    )
    samplers.set_defaults(run=_replay_samplers)
    return parser


def _replay_schedulers(arguments: argparse.Namespace) -> None:
    for name in arguments.sets:
        rows = _load(name, arguments.rows)
        unit = mean_cost(rows)
        for trainings in arguments.trainings:
            budget = trainings * unit
            print(f"\n{name}: {_count(rows)} architectures, budget {trainings:g} trainings\n")
            if arguments.compare_rungs:
                _compare_rungs(rows, arguments, budget)
            else:
                conditions = _conditions(arguments, budget)
                courses = {kind: replay_schedulers(rows, kind, conditions) for kind in SCHEDULERS}
                _print_courses(courses, budget, ("none", "halving"))


def _say_regrets(arguments: argparse.Namespace) -> None:
    for name in arguments.sets:
        rows = _load(name, arguments.rows)
        unit = mean_cost(rows)
        print(
            f"\n{name}: {_count(rows)} architectures, rungs {', '.join(f'{one:,}' for one in arguments.rungs)}\n"
        )
        print("| budget, trainings | search | regret | more than with promotion |\n|---:|---|---:|---:|")
        for trainings in arguments.trainings:
            regrets, more = measure_regrets(rows, REGRETTED, _conditions(arguments, trainings * unit))
            for kind, regret in regrets.items():
                difference = _percent(more[kind]) if kind in more else "–"
                print(f"| {trainings:g} | {kind} | {_percent(regret)} | {difference} |", flush=True)


def _percent(share: Estimate) -> str:
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"


def _compare_rungs(rows: Sequence[Row], arguments: argparse.Namespace, budget: float) -> None:
    plain = replay_schedulers(rows, "none", Conditions((18_000,), 2, "fid", budget, arguments.repeats))
    generator = np.random.default_rng(0)
    print("| rungs | signal | reduction | halving | promotion |\n|---|---|---:|---:|---:|")
    for rungs in CHOICES_OF_RUNGS:
        for signal in filter(lambda name: _have(rows, name), CHOICES_OF_SIGNALS):
            for reduction in (2, 3, 4):
                conditions = Conditions(rungs, reduction, signal, budget, arguments.repeats)
                cells = []
                for kind in ("halving", "promotion"):
                    courses = replay_schedulers(rows, kind, conditions)
                    found = median_at(courses, budget, generator)
                    faster = speed_up(courses, plain, budget, generator)
                    cells.append(f"{found.value:.1f}, {faster.value:.1f}×")
                listed = ", ".join(f"{images:,}" for images in rungs)
                print(f"| {listed} | {signal} | {reduction} | {' | '.join(cells)} |", flush=True)
    print(
        f"\nFID of the pick (median), and speed-up over no pruning: {_shown(median_at(plain, budget, generator))}."
    )


def _have(rows: Sequence[Row], signal: str) -> bool:
    """Say whether all rows have a signal: unconditional networks have no distance of classes."""
    return not any(math.isnan(SIGNALS[signal](row, place)) for row in rows for place in range(len(row.rungs)))


def _replay_samplers(arguments: argparse.Namespace) -> None:
    for name in arguments.sets:
        rows = _load(name, arguments.rows)
        unit = mean_cost(rows)
        best = min(row.final.frechet_distance for row in rows if row.final is not None)
        for trainings in arguments.trainings:
            budget = trainings * unit
            print(f"\n{name}: {_count(rows)} points, the best run has {best:.1f}; {trainings:g} trainings\n")
            conditions = _conditions(arguments, budget)
            courses = {
                f"{sampler}, {scheduler}": replay_samplers(rows, _new(sampler, rows), scheduler, conditions)
                for sampler in dict.fromkeys(("random", *arguments.samplers))
                for scheduler in dict.fromkeys(("none", arguments.scheduler))
            }
            _print_courses(courses, budget, ("random, none", f"random, {arguments.scheduler}"))


def _new(sampler: str, rows: Sequence[Row]) -> NewSampler:
    if sampler in PLAIN_SAMPLERS:
        return PLAIN_SAMPLERS[sampler]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space, image = load_space(rows[0].space), Image(**rows[0].architecture["image"])

    def make(points: Sequence[Values], generator: random.Random) -> Propose:
        del points
        return _StudySampler(STUDY_SAMPLERS[sampler], space, image, generator).propose

    return make


@final
class _StudySampler:
    """Asks a study for points, and tells it what became of them. A trial that was stopped at a rung is told as pruned.

    A point that is proposed again has the result that it had, as in a search.
    """

    def __init__(self, kind: SamplerKind, space: Space, image: Image, generator: random.Random) -> None:
        seed = generator.randrange(2**31)
        self._study = optuna.create_study(sampler=build_sampler(kind, seed, space, image))
        self._space, self._image = space, image
        self._open: list[optuna.Trial] = []

    def propose(self, history: Sequence[Observation]) -> Values:
        """Return the next point of the study."""
        known = {frozenset(trial.values.items()): trial for trial in history}
        self._open = [trial for trial in self._open if not self._tell(trial, known)]
        trial = self._study.ask()
        self._space.fill(trial, self._image)
        self._open.append(trial)
        return trial.params

    def _tell(self, trial: optuna.Trial, known: dict[frozenset[tuple[str, Scalar]], Observation]) -> bool:
        """Tell what became of a trial; False while it hasn't come to a rung."""
        found = known.get(frozenset(trial.params.items()))
        if found is None or found.state == "running":
            return False
        for images, score in found.scores.items():
            trial.report(score, images)
        if found.state == "done":
            self._study.tell(trial, found.scores[max(found.scores)])
        else:
            self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        return True


def _print_courses(courses: dict[str, list[Course]], budget: float, references: Sequence[str]) -> None:
    generator = np.random.default_rng(0)
    heads = "".join(f" faster than {reference} |" for reference in dict.fromkeys(references))
    print(f"| search | trials | trained to the end | FID of the pick, median |{heads}")
    print("|---|---:|---:|---:|" + "---:|" * len(dict.fromkeys(references)))
    for name, found in courses.items():
        trials = np.mean([course.trials for course in found])
        complete = np.mean([course.complete for course in found])
        faster = "".join(
            f" {_shown(speed_up(found, courses[reference], budget, generator), '×')} |"
            for reference in dict.fromkeys(references)
        )
        median = _shown(median_at(found, budget, generator))
        print(f"| {name} | {trials:.1f} | {complete:.1f} | {median} |{faster}", flush=True)


def _conditions(arguments: argparse.Namespace, budget: float) -> Conditions:
    if arguments.repeats < 1:
        raise InputError(f"--repeats {arguments.repeats}: give at least 1")
    rungs = tuple(arguments.rungs)
    return Conditions(rungs, arguments.reduction, arguments.signal, budget, arguments.repeats)


def _load(name: str, folder: Path | None) -> Sequence[Row]:
    rows = load_table(name) if folder is None else read_rows(folder / f"{name}.jsonl")
    if not rows:
        raise InputError(f"{folder}: has no rows of {name}; record some, or leave --rows out")
    return rows


def _count(rows: Sequence[Row]) -> int:
    return len({row.index for row in rows})


def _shown(estimate: Estimate, unit: str = "") -> str:
    return f"{estimate.value:.1f}{unit} ({estimate.low:.1f} to {estimate.high:.1f})"


if __name__ == "__main__":
    sys.exit(main())
