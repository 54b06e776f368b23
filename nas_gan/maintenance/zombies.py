"""Trials that are said to be running, and that nobody runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import DateTime, func, select

from nas_gan.errors import InputError
from nas_gan.jobs.heartbeat import MISSED_BEATS
from nas_gan.jobs.job import Job
from nas_gan.jobs.queue import JobQueue
from nas_gan.maintenance.problems import Problem
from nas_gan.search.storage.worker_storage import trial_id_of

# Of the database's own clock; longer where workers show life less often than most do.
SILENT_AFTER = timedelta(minutes=10)


def find_zombies(study: optuna.Study, queue: JobQueue | None, storage: RDBStorage) -> Iterator[Problem]:
    """Find running trials without a worker."""
    name, remedy = study.study_name, "put it into the queue again"
    for job in [] if queue is None else look_for_zombies(queue, storage):
        said = f"is running, but {why_left(job, database_time(storage))}"
        yield Problem("zombie", name, job.number, said, remedy, _requeue(queue, job))
    for trial in look_for_unclaimed(study, queue):
        said = "is running, but nobody has claimed it"
        yield Problem("zombie", name, trial.number, said, remedy, _run_again(study, storage, trial))


def look_for_zombies(queue: JobQueue, storage: RDBStorage) -> list[Job]:
    """List the leased jobs without a worker, as they are now."""
    now = database_time(storage)
    return [job for job in queue.leased() if why_left(job, now)]


def look_for_unclaimed(study: optuna.Study, queue: JobQueue | None) -> list[FrozenTrial]:
    """List the trials that another program has asked for, and not ended."""
    # Trials come first: of one that is made meanwhile there is a job.
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    ours = {job.number for job in queue.all()} if queue is not None else set()
    return [trial for trial in running if trial.number not in ours]


def why_left(job: Job, now: datetime) -> str:
    """Say why it is known that a job's owner has died; nothing where it may live."""
    if job.owner is not None and job.owner.is_gone():
        return "its worker is gone"
    if job.seen is None:
        return "its worker has never shown life"
    if now - job.seen > max(SILENT_AFTER, timedelta(seconds=MISSED_BEATS * job.heartbeat_seconds)):
        minutes = (now - job.seen) // timedelta(minutes=1)
        return f"its worker has shown no life for {minutes:,} minutes"
    return ""


def database_time(storage: RDBStorage) -> datetime:
    """Read the database's own clock."""
    with storage.engine.connect() as connection:
        now = connection.execute(select(func.now(type_=DateTime))).scalar_one()
    return now.replace(tzinfo=None) if isinstance(now, datetime) else datetime.fromisoformat(str(now))


def _requeue(queue: JobQueue | None, job: Job) -> Callable[[], None]:
    def put_back() -> None:
        if queue is None or not queue.requeue(job):
            raise InputError(f"trial {job.number} has shown life since")

    return put_back


def _run_again(study: optuna.Study, storage: RDBStorage, trial: FrozenTrial) -> Callable[[], None]:
    """Let a trial of another program fail, and its parameters wait again."""

    def put_back() -> None:
        try:
            trial_id = trial_id_of(storage, study.study_name, trial.number)
            storage.set_trial_state_values(trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            raise InputError(f"trial {trial.number} has ended since") from None
        study.enqueue_trial(trial.params, user_attrs={"repeats": trial.number})

    return put_back
