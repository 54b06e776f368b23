"""One trial of an objective as a worker runs it: leased, run, and ended in the database."""

from __future__ import annotations

from collections.abc import Callable

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

from nas_gan.jobs.job import Decision, Job
from nas_gan.jobs.lease import Lease
from nas_gan.jobs.owner import new_token
from nas_gan.search.closing import Closing
from nas_gan.search.objective import Objective
from nas_gan.search.trials import Trials, open_queue
from nas_gan.store.retry import Retry

RunTrial = Callable[..., FrozenTrial]


@pytest.fixture
def run_trial() -> RunTrial:
    """Runs the oldest trial that waits, or a new one: `run_trial(objective, storage, check=stop)`."""

    def run(
        objective: Objective, storage: RDBStorage, check: Callable[[], None] = lambda: None
    ) -> FrozenTrial:
        study = optuna.load_study(study_name=objective.study, storage=storage)
        queue = open_queue(storage, study)
        trials = Trials(storage, objective.study, queue)
        job = trials.take(new_token(), wanted=1000)
        assert isinstance(job, Job)
        assert job.number is not None
        lease = Lease(queue, job, Retry(pytest.fail, lambda: None), check, lambda: None)
        result = objective.run(trials.open(job), lease, lambda *_: Decision("continue"))
        if result.outcome == "interrupted":
            assert queue.release(job, result.ending())
        else:
            assert queue.end(job, result.ending())
            Closing(trials, objective.study, str(objective.out)).close(job.number)
        return study.get_trials()[job.number]

    return run
