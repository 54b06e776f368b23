"""The recurrent controller as a sampler: Optuna asks for holes one by one, and it answers.

Nothing but the study is kept. What is asked next is answered from the decisions that the trial holds, and what was
learned is learned again from the study's finished trials. So a restart, trials of other workers and of other
samplers, and values set by hand need no care of their own.
"""

from __future__ import annotations

import math
import random
from typing import Any, final

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nas_gan.search.samplers.recurrent_choices import Choices, choices_of
from nas_gan.search.samplers.recurrent_controller import Decision, Hole, RecurrentController
from nas_gan.search.samplers.recurrent_learning import Reinforce, Standing


@final
class RecurrentSampler(BaseSampler):
    """Samples with an LSTM that is trained with REINFORCE (Zoph & Le 2016, arXiv:1611.01578).

    `seed` steers the draws alone. The controller follows from the finished trials, in the order in which they
    finished: all workers that know the same trials hold the same controller. Trials of another sampler, or
    with values set by hand, are learned from as if drawn here, without importance weights.

    A sampler serves one study; given another one, it starts anew.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._study_name = ""
        self._forget()

    @property
    def controller(self) -> RecurrentController:
        """What was learned so far."""
        return self._controller

    def reseed_rng(self) -> None:
        """Make copies of this sampler draw differently."""
        self._random.seed()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Learn from the trials that finished since the last call."""
        if study.study_name != self._study_name:
            self._study_name = study.study_name
            self._forget()
        finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        unseen = [each for each in finished if each.number not in self._learned]
        for each in sorted(unseen, key=_finishing_order):
            self._reinforce.learn(decisions_of(each), standing_of(each, study.direction))
            self._learned.add(each.number)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Sample no hole ahead of the others: which there are shows only as they are met."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing; see `infer_relative_search_space`."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw a value of the hole that is next."""
        choices = choices_of(param_distribution)
        hole = _hole_of(param_name, param_distribution, choices)
        weights = self._controller.probabilities(decisions_of(trial), hole)
        (choice,) = self._random.choices(range(choices.count), weights)
        return choices.draw(choice, self._random)

    def _forget(self) -> None:
        self._controller = RecurrentController()
        self._reinforce = Reinforce(self._controller)
        self._learned: set[int] = set()


def decisions_of(trial: FrozenTrial) -> list[Decision]:
    """Return what a trial has decided so far, in the order in which it was asked; holes of one value decide nothing."""
    decisions = []
    for name, distribution in trial.distributions.items():
        if not distribution.single():
            choices = choices_of(distribution)
            hole = _hole_of(name, distribution, choices)
            decisions.append(Decision(hole, choices.index(trial.params[name])))
    return decisions


def standing_of(trial: FrozenTrial, direction: StudyDirection) -> Standing:
    """Say how well a finished trial did. One that was pruned is worse than any that got further than it.

    Those that never got a score, since they diverged, are the worst.
    """
    if trial.state is TrialState.COMPLETE:
        reached, value = math.inf, trial.value
    elif trial.last_step is not None:
        reached, value = float(trial.last_step), trial.intermediate_values[trial.last_step]
    else:
        reached, value = -math.inf, None
    if value is None or math.isnan(value):
        return reached, -math.inf
    return reached, value if direction is StudyDirection.MAXIMIZE else -value


def _hole_of(name: str, distribution: BaseDistribution, choices: Choices) -> Hole:
    # A name that is asked for with another range is another hole.
    return Hole(f"{name} {distribution}", choices.count)


def _finishing_order(trial: FrozenTrial) -> tuple[float, int]:
    finished = trial.datetime_complete
    return (0.0 if finished is None else finished.timestamp(), trial.number)
