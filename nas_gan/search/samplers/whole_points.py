"""Samplers that propose a whole point of a space at once, where Optuna asks for one hole after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState


class WholePointSampler(BaseSampler):
    """Prepares a trial's point at the first question, and answers this and all others from it."""

    def __init__(self) -> None:
        self._prepared: dict[tuple[str, int], Mapping[str, Any]] = {}

    @abstractmethod
    def prepare(self, study: Study, trial: FrozenTrial) -> Mapping[str, Any]:
        """Return the value of each hole that the trial will be asked for; those in `fixed_values` stay as they are."""

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Give no hole a place of its own: which there are is the prepared point's matter."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing; see `infer_relative_search_space`."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the prepared value of a hole."""
        key = (study.study_name, trial.number)
        if param_name not in self._prepared.get(key, {}):
            # Also where a value set by hand, outside its range, has led to other holes than those prepared.
            self._prepared[key] = self.prepare(study, trial)
        return self._prepared[key][param_name]

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Forget the trial's point."""
        self._prepared.pop((study.study_name, trial.number), None)


def fixed_values(trial: FrozenTrial) -> dict[str, Any]:
    """Return the holes of a trial that have a value: those set by hand, and those that were asked for already."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}
