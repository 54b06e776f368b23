"""Optuna's storage as a worker's sampler sees it: it waits for a database that is gone, and takes paused for pruned."""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Sequence
from typing import Any, TypeVar, final

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nas_gan.store.retry import Retry

Value = TypeVar("Value")


@final
class WorkerStorage(BaseStorage):
    """Pass every call on to another storage, again and again where that is in trouble.

    A trial that a rung has paused stays RUNNING in Optuna, whose samplers learn nothing from such a trial. In the list
    of all trials those numbered in `paused` are PRUNED, with the scores of their rungs.

    What a call writes is the same the second time, so that one which succeeded unnoticed does no harm; only making a
    new study or trial is not, and is tried once.
    """

    def __init__(self, storage: BaseStorage, retry: Retry) -> None:
        self._storage = storage
        self._retry = retry
        self.paused: frozenset[int] = frozenset()

    def _call(self, attempt: Callable[[], Value]) -> Value:
        return self._retry.call(attempt)

    def create_new_study(self, directions: Sequence[StudyDirection], study_name: str | None = None) -> int:
        return self._storage.create_new_study(directions, study_name)

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        return self._storage.create_new_trial(study_id, template_trial)

    def delete_study(self, study_id: int) -> None:
        self._storage.delete_study(study_id)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        self._call(lambda: self._storage.set_study_user_attr(study_id, key, value))

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        self._call(lambda: self._storage.set_study_system_attr(study_id, key, value))

    def get_study_id_from_name(self, study_name: str) -> int:
        return self._call(lambda: self._storage.get_study_id_from_name(study_name))

    def get_study_name_from_id(self, study_id: int) -> str:
        return self._call(lambda: self._storage.get_study_name_from_id(study_id))

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        return self._call(lambda: self._storage.get_study_directions(study_id))

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        return self._call(lambda: self._storage.get_study_user_attrs(study_id))

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        return self._call(lambda: self._storage.get_study_system_attrs(study_id))

    def get_all_studies(self) -> list[Any]:
        return self._call(self._storage.get_all_studies)

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        self._call(
            lambda: self._storage.set_trial_param(trial_id, param_name, param_value_internal, distribution)
        )

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        return self._call(lambda: self._storage.set_trial_state_values(trial_id, state, values))

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        self._call(lambda: self._storage.set_trial_intermediate_value(trial_id, step, intermediate_value))

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        self._call(lambda: self._storage.set_trial_user_attr(trial_id, key, value))

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        self._call(lambda: self._storage.set_trial_system_attr(trial_id, key, value))

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        return self._call(
            lambda: self._storage.get_trial_id_from_study_id_trial_number(study_id, trial_number)
        )

    def get_trial_number_from_id(self, trial_id: int) -> int:
        return self._call(lambda: self._storage.get_trial_number_from_id(trial_id))

    def get_trial(self, trial_id: int) -> FrozenTrial:
        return self._call(lambda: self._storage.get_trial(trial_id))

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        trials = self._call(lambda: self._storage.get_all_trials(study_id, deepcopy))
        shown = [_as_pruned(trial) if trial.number in self.paused else trial for trial in trials]
        return [trial for trial in shown if states is None or trial.state in states]


def _as_pruned(trial: FrozenTrial) -> FrozenTrial:
    if trial.state is not TrialState.RUNNING:
        return trial
    shown = copy.copy(trial)
    shown.state = TrialState.PRUNED
    return shown


def trial_id_of(storage: BaseStorage, study: str, number: int) -> int:
    """Return the database's own number of a trial, by its number in a study."""
    return storage.get_trial_id_from_study_id_trial_number(storage.get_study_id_from_name(study), number)
