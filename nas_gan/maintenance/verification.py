"""Finding what kills and faults have left behind in a study, and mending it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

import optuna
from optuna.storages import RDBStorage

from nas_gan.errors import InputError
from nas_gan.jobs.queue import JobQueue
from nas_gan.maintenance.checkpoint_checks import find_damaged_checkpoints, find_left_files
from nas_gan.maintenance.folder_checks import (
    find_damaged_records,
    find_left_pictures,
    find_missing_artifacts,
    find_missing_weights,
    find_orphaned_folders,
    find_strange_studies,
    run_folders,
)
from nas_gan.maintenance.problems import Problem
from nas_gan.maintenance.zombies import database_time, find_zombies, why_left
from nas_gan.search.catalogue import queue_of
from nas_gan.search.closing import Closing
from nas_gan.search.definition import load_study
from nas_gan.search.places import open_runs
from nas_gan.search.storage.damage import damage_of
from nas_gan.search.storage.database import study_names
from nas_gan.search.trials import Trials
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble


@final
@dataclass(frozen=True)
class Finding:
    """A problem and what became of it: `failure` says why it couldn't be mended."""

    problem: Problem
    mended: bool
    failure: str = ""


def verify_study(storage: RDBStorage, name: str, runs: str | Path) -> Iterator[Problem]:
    """Find what is wrong with a study.

    `runs`: the folder or URL of its runs. Each problem may be mended before the next is asked for.
    """
    study = load_study(storage, name)
    queue = queue_of(study)
    if queue is not None:
        yield from _find_untold(study, queue, storage, str(runs))
    yield from find_zombies(study, queue, storage)
    try:
        yield from _look_at_files(study, queue, storage, open_runs(runs))
    except (InputError, RemoteTrouble) as trouble:
        said, remedy = (
            f"has runs that can't be looked at: {trouble}",
            "verify again where they can be reached",
        )
        yield Problem("place", name, None, said, remedy, None)


def verify_all(
    storage: RDBStorage, find_runs: Callable[[optuna.Study], str], beside: str | Path
) -> Iterator[Problem]:
    """Return what is wrong with the studies of a database, and folders in `beside` of studies that it doesn't have."""
    names = sorted(study_names(storage))
    for name in names:
        try:
            yield from verify_study(storage, name, find_runs(load_study(storage, name)))
        except Exception as error:
            # One that can't be read hides none of the others.
            trouble = str(error) if isinstance(error, InputError) else damage_of(error)
            if trouble is None:
                raise
            remedy = "go back to a copy of the database"
            yield Problem("database", name, None, f"can't be read: {trouble}", remedy, None)
    with contextlib.suppress(InputError, RemoteTrouble):  # told already, for each study
        yield from find_strange_studies(names, beside)


def mend(problem: Problem) -> Finding:
    """Mend a problem if that can be done."""
    if problem.mend is None:
        return Finding(problem, mended=False)
    try:
        problem.mend()
    except (InputError, RemoteTrouble, OSError) as error:
        return Finding(problem, mended=False, failure=str(error))
    return Finding(problem, mended=True)


def _look_at_files(
    study: optuna.Study, queue: JobQueue | None, storage: RDBStorage, runs: RemoteFolder
) -> Iterator[Problem]:
    """Look at the folders first, which workers make for trials that there are, then at the trials, and last at the
    files, which are all there once a trial has ended.
    """
    name, folder = study.study_name, runs.within(study.study_name)
    numbers = run_folders(folder)
    trials = study.get_trials(deepcopy=False)
    jobs = [] if queue is None else [job for job in queue.all() if job.number is not None]
    now = database_time(storage)
    idle = [
        job
        for job in jobs
        if job.state in ("queued", "paused") or (job.state == "leased" and why_left(job, now))
    ]
    at_work = {job.number for job in jobs if not job.closed}
    ended = [trial.number for trial in trials if trial.state.is_finished() and trial.number not in at_work]
    files = folder.names()
    if queue is not None:
        yield from find_damaged_checkpoints(name, queue, idle, folder, files)
    yield from find_left_files(name, ended, folder, files)
    yield from find_orphaned_folders(name, trials, folder, numbers)
    yield from find_damaged_records(name, trials, folder, files)
    yield from find_missing_weights(name, trials, folder, files)
    yield from find_missing_artifacts(name, trials, runs, files)
    yield from find_left_pictures(name, trials, runs)


def _find_untold(study: optuna.Study, queue: JobQueue, storage: RDBStorage, runs: str) -> Iterator[Problem]:
    """Find trials that ended when their worker was killed, before it had told Optuna and cleared up."""
    closing = Closing(Trials(storage, study.study_name, queue), study.study_name, runs)
    now = database_time(storage)
    for job in queue.unclosed():
        if why_left(job, now):
            repair = partial(closing.close_job, job)
            said, remedy = "has a result that Optuna hasn't been told of", "tell it"
            yield Problem("undelivered", study.study_name, job.number, said, remedy, repair)
