"""Trials of a study whose scores compare, to see what their parameters do to these."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import final

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas_gan.search.definition import StudyDefinition

ENOUGH_TRIALS = 8  # below this, what parameters do to a score can't be seen
TRIALS_TO_JUDGE_BY = 30
"""Below this, importances are shown in grey."""
PARAMETERS_SHOWN = 8


@final
@dataclass(frozen=True, eq=False)
class Comparable:
    """Trials with scores after the same number of images, as a study of their own that Optuna can plot.

    `parameters` are those that differ between trials and that enough trials have, most important first.
    """

    study: optuna.Study
    images: int
    count: int
    parameters: tuple[str, ...]


def find_comparable(study: optuna.Study, definition: StudyDefinition) -> Comparable | None:
    """Return the trials that reached the highest rung that enough trials reached; None if there is no such rung.

    Pruned trials have no final score, but every trial that got as far as a rung can be compared there.
    """
    trials = study.get_trials(deepcopy=False)
    for images in reversed(definition.rungs):
        count = sum(images in trial.intermediate_values for trial in trials)
        if count >= ENOUGH_TRIALS:
            copy = optuna.create_study(direction=definition.direction)
            copy.add_trials([_as_scored_at(trial, images) for trial in trials])
            return Comparable(copy, images, count, _important_parameters(copy))
    return None


def _as_scored_at(trial: FrozenTrial, images: int) -> FrozenTrial:
    """Return the trial with its score at a rung as its value; a trial without one keeps the others' numbers right."""
    if images not in trial.intermediate_values:
        return create_trial(state=TrialState.FAIL)
    value = trial.intermediate_values[images]
    return create_trial(value=value, params=trial.params, distributions=trial.distributions)


def _important_parameters(study: optuna.Study) -> tuple[str, ...]:
    """Return parameters that can be judged: in at least a third of the trials, and not the same everywhere."""
    from optuna.importance import get_param_importances  # scikit-learn takes a second to load

    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    uses = Counter(name for trial in trials for name in trial.params)
    varied = [
        name
        for name, count in uses.items()
        if count * 3 >= len(trials)
        and len({trial.params[name] for trial in trials if name in trial.params}) > 1
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importances = get_param_importances(study, params=varied) if varied else {}
    return tuple(importances)
