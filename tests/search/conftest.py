"""One trial of an objective as a worker runs it: claimed, run, and ended in the database."""

from __future__ import annotations

from collections.abc import Callable

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nas_gan.search.storage.patience import Patience
from nas_gan.search.workers.claim import Taken
from nas_gan.search.workers.claims import Claims
from nas_gan.search.workers.held import HeldTrial
from nas_gan.search.workers.objective import Objective
from nas_gan.search.workers.owner import new_token

RunTrial = Callable[..., FrozenTrial]


@pytest.fixture
def run_trial() -> RunTrial:
    """Runs the oldest trial that waits, or a new one: `run_trial(objective, storage, check=stop)`."""

    def run(
        objective: Objective, storage: RDBStorage, check: Callable[[], None] = lambda: None
    ) -> FrozenTrial:
        study = objective.study
        claims, token = Claims(storage, study._study_id), new_token()
        taken = claims.take(token, wanted=1000)
        assert isinstance(taken, Taken)
        study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        held = HeldTrial(claims, taken, Patience(pytest.fail, lambda: None), check, lambda: None)
        result = objective.run(optuna.Trial(study, taken.trial_id), held)
        if result.outcome == "interrupted":
            assert claims.release(taken.trial_id, token, result)
        else:
            assert claims.end(taken.trial_id, token, result)
        return study.get_trials()[taken.number]

    return run
