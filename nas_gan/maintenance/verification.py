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
from optuna.trial import TrialState

from nas_gan.errors import InputError
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
from nas_gan.maintenance.zombies import find_zombies, look_for_zombies
from nas_gan.runs.result import RESULT_FILE
from nas_gan.search.definition import load_study
from nas_gan.search.places import open_runs
from nas_gan.search.workers.claims import Claims
from nas_gan.search.workers.delivery import Waiting, deliver, find_waiting
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble


@final
@dataclass(frozen=True)
class Finding:
    """A problem and what became of it: `failure` says why it couldn't be mended."""

    problem: Problem
    mended: bool
    failure: str = ""


def verify_study(storage: RDBStorage, name: str, runs: str | Path) -> Iterator[Problem]:
    """What is wrong with a study. Results that wait come first: once delivered, their trials aren't to be queued.

    `runs`: the folder or URL of its runs. Each problem may be mended before the next is asked for.
    """
    study = load_study(storage, name)
    claims = Claims(storage, study._study_id)
    yield from _find_undelivered(name, claims, str(runs))
    yield from find_zombies(study, claims, storage)
    try:
        yield from _look_at_files(study, claims, storage, open_runs(runs))
    except (InputError, RemoteTrouble) as trouble:
        said, remedy = (
            f"has runs that can't be looked at: {trouble}",
            "verify again where they can be reached",
        )
        yield Problem("place", name, None, said, remedy, None)


def verify_all(
    storage: RDBStorage, find_runs: Callable[[optuna.Study], str], beside: str | Path
) -> Iterator[Problem]:
    """What is wrong with the studies of a database, and folders in `beside` of studies that it doesn't have."""
    names = sorted(optuna.get_all_study_names(storage))
    for name in names:
        yield from verify_study(storage, name, find_runs(load_study(storage, name)))
    with contextlib.suppress(InputError, RemoteTrouble):  # told already, for each study
        yield from find_strange_studies(names, beside)


def mend(problem: Problem) -> Finding:
    """Mends a problem if that can be done."""
    if problem.mend is None:
        return Finding(problem, mended=False)
    try:
        problem.mend()
    except (InputError, RemoteTrouble, OSError) as error:
        return Finding(problem, mended=False, failure=str(error))
    return Finding(problem, mended=True)


def _look_at_files(
    study: optuna.Study, claims: Claims, storage: RDBStorage, runs: RemoteFolder
) -> Iterator[Problem]:
    """Trials are read after the folders, which workers make for trials that there are, and before the files,
    which are all there once a trial has ended.
    """
    name, folder = study.study_name, runs.within(study.study_name)
    numbers = run_folders(folder)
    trials = study.get_trials(deepcopy=False)
    idle = [trial for trial in trials if trial.state is TrialState.WAITING]
    idle += [zombie.trial for zombie in look_for_zombies(study, claims, storage)]
    files = folder.names()
    yield from find_damaged_checkpoints(study, idle, folder, files)
    yield from find_left_files(name, trials, folder, files)
    yield from find_orphaned_folders(name, trials, folder, numbers)
    yield from find_damaged_records(name, trials, folder, files)
    yield from find_missing_weights(name, trials, folder, files)
    yield from find_missing_artifacts(name, trials, runs, files)
    yield from find_left_pictures(name, trials, runs)


def _find_undelivered(study: str, claims: Claims, runs: str) -> list[Problem]:
    """Results that wait on this machine, whose scratch folder has them where runs are at a URL."""
    problems = []

    def tell_damage(folder: Path, error: InputError) -> None:
        number = int(folder.name) if folder.name.isdecimal() else None
        problems.append(Problem("undelivered", study, number, str(error), "remove the file", None))

    for waiting in find_waiting(claims, study, runs, tell_damage):
        said, remedy = "has a result that the database doesn't have yet", "deliver it"
        if waiting.sign is None:
            said, remedy = f"has ended, and its folder still has {RESULT_FILE}", "remove the file"
        repair = partial(_deliver, claims, waiting, study, runs)
        problems.append(Problem("undelivered", study, waiting.kept.trial, said, remedy, repair))
    return problems


def _deliver(claims: Claims, waiting: Waiting, study: str, runs: str) -> None:
    deliver(claims, waiting, study, runs, lambda _: None)
