"""How much each hole tells good trials from poor ones, and how far that can be trusted."""

from __future__ import annotations

import random
import warnings
from dataclasses import dataclass
from typing import final

import optuna
from optuna.trial import FrozenTrial, TrialState

from nas_gan.search.comparable import PARAMETERS_SHOWN, TRIALS_TO_JUDGE_BY, find_comparable
from nas_gan.search.definition import StudyDefinition

RESAMPLES = 40
INTERVAL = 0.8
"""Share of the resamples that the interval holds."""


@final
@dataclass(frozen=True)
class Share:
    """A hole's part in what tells good trials from poor ones, in [0, 1], with the interval of resampled trials."""

    name: str
    value: float
    low: float
    high: float


@final
@dataclass(frozen=True)
class Importance:
    """Shares, the largest first, from the scores of `count` trials after `images` images."""

    shares: tuple[Share, ...]
    images: int
    count: int

    @property
    def is_reliable(self) -> bool:
        """Say whether there are trials enough to judge by."""
        return self.count >= TRIALS_TO_JUDGE_BY


def measure_importance(study: optuna.Study, definition: StudyDefinition) -> Importance | None:
    """Measure by PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255), and again on trials drawn with replacement.

    None where too few trials have been scored after the same number of images, or no hole differs enough among them.
    """
    comparable = find_comparable(study, definition)
    if comparable is None or not comparable.parameters:
        return None
    names = list(comparable.parameters[:PARAMETERS_SHOWN])
    scored = comparable.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    first = _shares(scored, names, definition)
    generator = random.Random(0)
    again = [_shares(generator.choices(scored, k=len(scored)), names, definition) for _ in range(RESAMPLES)]
    shares = []
    for name in names:
        drawn = sorted(each.get(name, 0.0) for each in again)
        edge = round(RESAMPLES * (1 - INTERVAL) / 2)
        shares.append(Share(name, first.get(name, 0.0), drawn[edge], drawn[-1 - edge]))
    shares.sort(key=lambda share: -share.value)
    return Importance(tuple(shares), comparable.images, comparable.count)


def _shares(trials: list[FrozenTrial], names: list[str], definition: StudyDefinition) -> dict[str, float]:
    from optuna.importance import get_param_importances

    copy = optuna.create_study(direction=definition.direction)
    copy.add_trials(trials)
    held = [
        name for name in names if len({trial.params[name] for trial in trials if name in trial.params}) > 1
    ]
    if not held:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about few trials, which the interval says
        return dict(get_param_importances(copy, params=held))
