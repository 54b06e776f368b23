"""Optuna's storage as a worker's sampler sees it."""

from __future__ import annotations

import optuna
import pytest
from optuna.trial import TrialState

from nas_gan.search.storage.worker_storage import WorkerStorage
from nas_gan.store.retry import Retry


def test_a_paused_trial_is_shown_to_samplers_as_pruned() -> None:
    backend = optuna.storages.InMemoryStorage()
    study = optuna.create_study(study_name="study", storage=backend)
    for score in (5.0, 6.0):
        study.ask().report(score, 10)
    shown = WorkerStorage(backend, Retry(pytest.fail, lambda: None))
    shown.paused = frozenset({1})
    seen = optuna.load_study(study_name="study", storage=shown)
    assert [trial.state.name for trial in seen.get_trials(deepcopy=False)] == ["RUNNING", "PRUNED"]
    (pruned,) = seen.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
    assert (pruned.number, pruned.intermediate_values) == (1, {10: 6.0})
    assert [trial.state.name for trial in study.get_trials()] == ["RUNNING", "RUNNING"]
