"""Compares samplers on a synthetic score over the holes of a space: nothing is trained.

    python scripts/bench_samplers.py                         # resdense, 300 trials, 5 seeds, a few minutes
    python scripts/bench_samplers.py --seeds 2 --trials 100  # a quick look

Each seed has a landscape of its own, the same for all samplers. Its score, lower is better, spans decades as a
Fréchet distance does. It has an effect of every hole, also of those that only some options lead to, and an
interaction of each hole with the next. Prints the best score and the mean of the last 50 trials.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final, get_args

import optuna
import torch
from optuna.distributions import BaseDistribution, CategoricalDistribution

from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.settings import SamplerKind
from nas_gan.space import load_space
from nas_gan.spec import Image

IMAGE = Image(channels=1, resolution=28, classes=10)
LAST_TRIALS = 50
TYPICAL_SCORE = 60.0
INTERACTION_WEIGHT = 0.5
# Two thirds of resdense's points then score between 30 and 400.
SOFTNESS = 12.0


@final
@dataclass(frozen=True)
class Result:
    """What one sampler reached with one seed. Lower scores are better."""

    best: float
    last_mean: float
    seconds: float


@final
@dataclass(frozen=True)
class Landscape:
    """A score of holes, equal for equal seeds. Options have random effects; a range has its best value somewhere."""

    seed: int

    def score(self, values: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]) -> float:
        """Return the score of a filled space, more than 0."""
        effects = {name: self._effect(name, values[name], distributions[name]) for name in values}
        neighbours = zip(effects.items(), list(effects.items())[1:], strict=False)
        interactions = sum(
            self._random("pair", one, other).gauss(0.0, 1.0) * effect * next_effect
            for (one, effect), (other, next_effect) in neighbours
        )
        goodness = sum(effects.values()) + INTERACTION_WEIGHT * interactions
        return TYPICAL_SCORE * math.exp(-goodness / SOFTNESS)

    def _effect(self, name: str, value: Any, distribution: Any) -> float:
        if isinstance(distribution, CategoricalDistribution):
            return self._random(name, value).gauss(0.0, 1.0)
        low, high, at = (
            math.log(x) if distribution.log else float(x)
            for x in (distribution.low, distribution.high, value)
        )
        share = (at - low) / (high - low) if high > low else 0.0
        return 1.0 - 6.0 * (share - self._random(name).random()) ** 2

    def _random(self, *parts: Any) -> random.Random:
        return random.Random("/".join(str(part) for part in (self.seed, *parts)))


def measure(kind: SamplerKind, space_name: str, trials: int, seed: int) -> Result:
    """Run one study in memory."""
    space, landscape = load_space(space_name), Landscape(seed)

    def objective(trial: optuna.Trial) -> float:
        space.fill(trial, IMAGE)
        return landscape.score(trial.params, trial.distributions)

    study = optuna.create_study(sampler=build_sampler(kind, seed, space, IMAGE))
    began = time.process_time()
    study.optimize(objective, n_trials=trials)
    seconds = time.process_time() - began
    last = [trial.values[0] for trial in study.get_trials(deepcopy=False)[-LAST_TRIALS:]]
    return Result(study.best_value, statistics.mean(last), seconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--space", default="resdense", help="bundled name or file (default resdense)")
    parser.add_argument("--trials", type=int, default=300, help="trials a study (default 300)")
    parser.add_argument("--seeds", type=int, default=5, help="studies a sampler (default 5)")
    parser.add_argument(
        "--samplers", nargs="+", choices=get_args(SamplerKind), default=["random", "rnn", "tpe", "local"]
    )
    arguments = parser.parse_args()
    if min(arguments.trials, arguments.seeds) < 1:
        parser.error("at least 1 trial and 1 seed")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    torch.set_num_threads(1)
    print(f"{arguments.space}, {arguments.trials} trials; lower is better")
    print(f"{'sampler':<9}{'seed':>7}{'best':>9}{f'mean of last {LAST_TRIALS}':>18}{'CPU seconds':>13}")
    for kind in arguments.samplers:
        results = []
        for seed in range(arguments.seeds):
            results.append(measure(kind, arguments.space, arguments.trials, seed))
            print_result(kind, str(seed), results[-1])
        medians = (
            statistics.median(getattr(each, field) for each in results)
            for field in ("best", "last_mean", "seconds")
        )
        print_result(kind, "median", Result(*medians))


def print_result(kind: str, seed: str, result: Result) -> None:
    """Print one row."""
    row = f"{kind:<9}{seed:>7}{result.best:>9.2f}{result.last_mean:>18.2f}{result.seconds:>13.1f}"
    print(row, flush=True)


if __name__ == "__main__":
    main()
