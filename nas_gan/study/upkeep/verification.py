"""Finding what kills and faults have left behind in a study, and mending it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import final

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import DateTime, func, select

from nas_gan.errors import InputError
from nas_gan.study.definition import SETTINGS, load_study
from nas_gan.study.runs.result import RESULT_FILE, KeptResult, forget_result, load_kept_result
from nas_gan.study.upkeep.folder_checks import (
    find_damaged_records,
    find_missing_artifacts,
    find_missing_weights,
    find_orphaned_folders,
    find_strange_studies,
)
from nas_gan.study.upkeep.problems import Problem
from nas_gan.study.workers.claim import CLAIM, Sign
from nas_gan.study.workers.claims import Claims

# Of the database's own clock; longer where workers show life less often than most do.
SILENT_AFTER = timedelta(minutes=10)
BEATS_MISSED = 6


@final
@dataclass(frozen=True)
class Finding:
    """A problem and what became of it: `failure` says why it couldn't be mended."""

    problem: Problem
    mended: bool
    failure: str = ""


def verify_study(storage: RDBStorage, name: str, runs: Path) -> Iterator[Problem]:
    """What is wrong with a study. Results that wait come first: once delivered, their trials aren't to be queued."""
    study = load_study(storage, name)
    claims = Claims(storage, study._study_id)
    folder = runs / name
    if "://" in str(study.user_attrs.get(SETTINGS, {}).get("out", "")):
        # Its runs are in no folder of this machine.
        yield from _find_zombies(study, claims, storage, study.get_trials(deepcopy=False))
        return
    yield from _find_undelivered(name, claims, folder)
    trials = study.get_trials(deepcopy=False)
    yield from _find_zombies(study, claims, storage, trials)
    yield from find_orphaned_folders(name, trials, folder)
    yield from find_damaged_records(name, trials, folder)
    yield from find_missing_weights(name, trials, folder)
    yield from find_missing_artifacts(name, trials, runs)


def verify_all(storage: RDBStorage, runs: Path) -> Iterator[Problem]:
    """What is wrong with the studies of a database, and folders of studies that it doesn't have."""
    names = sorted(optuna.get_all_study_names(storage))
    for name in names:
        yield from verify_study(storage, name, runs)
    yield from find_strange_studies(names, runs)


def mend(problem: Problem) -> Finding:
    """Mends a problem if that can be done."""
    if problem.mend is None:
        return Finding(problem, mended=False)
    try:
        problem.mend()
    except (InputError, OSError) as error:
        return Finding(problem, mended=False, failure=str(error))
    return Finding(problem, mended=True)


def _find_zombies(
    study: optuna.Study, claims: Claims, storage: RDBStorage, trials: list[FrozenTrial]
) -> Iterator[Problem]:
    now = _database_time(storage)
    interval = float(study.user_attrs.get(SETTINGS, {}).get("heartbeat_seconds", 0.0))
    patience = max(SILENT_AFTER, timedelta(seconds=BEATS_MISSED * interval))
    signs = {sign.number: sign for sign in claims.signs()}
    for trial in trials:
        if trial.state is not TrialState.RUNNING:
            continue
        sign = signs.get(trial.number)
        if sign is None and CLAIM in trial.system_attrs:
            continue  # it has ended this moment
        if sign is None:
            why, repair = "nobody has claimed it", _requeue_unclaimed(study, trial)
        elif sign.claim.owner.is_gone():
            why, repair = "its worker is gone", _requeue(claims, sign)
        elif sign.heartbeat is None:
            why, repair = "its worker has never shown life", _requeue(claims, sign)
        elif now - sign.heartbeat > patience:
            minutes = (now - sign.heartbeat) // timedelta(minutes=1)
            why, repair = f"its worker has shown no life for {minutes:,} minutes", _requeue(claims, sign)
        else:
            continue
        said = f"is running, but {why}"
        yield Problem("zombie", study.study_name, trial.number, said, "put it into the queue again", repair)


def _requeue(claims: Claims, sign: Sign) -> Callable[[], None]:
    def put_back() -> None:
        if not claims.requeue(sign):
            raise InputError(f"trial {sign.number} has shown life since")

    return put_back


def _requeue_unclaimed(study: optuna.Study, trial: FrozenTrial) -> Callable[[], None]:
    """A trial of another program, or of before there were claims: it fails, and its parameters wait again."""

    def put_back() -> None:
        try:
            study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            raise InputError(f"trial {trial.number} has ended since") from None
        study.enqueue_trial(trial.params, user_attrs={"repeats": trial.number})

    return put_back


def _find_undelivered(study: str, claims: Claims, folder: Path) -> Iterator[Problem]:
    for path in sorted(folder.glob(f"*/{RESULT_FILE}")):
        number = int(path.parent.name) if path.parent.name.isdecimal() else None
        try:
            kept = load_kept_result(path.parent)
        except InputError as error:
            yield Problem("undelivered", study, number, str(error), "remove the file", None)
            continue
        sign = claims.find(kept.trial) if kept is not None else None
        if kept is None or (sign is not None and sign.claim.token != kept.token):
            continue  # whoever has the trial now finds the result there
        yield _undelivered(study, claims, path.parent, kept, sign)


def _undelivered(study: str, claims: Claims, folder: Path, kept: KeptResult, sign: Sign | None) -> Problem:
    said, remedy = "has a result that the database doesn't have yet", "deliver it"
    if sign is None:
        said, remedy = f"has ended, and its folder still has {RESULT_FILE}", "remove the file"

    def deliver() -> None:
        if sign is None or claims.end(sign.trial_id, kept.token, kept.result):
            forget_result(folder)

    return Problem("undelivered", study, kept.trial, said, remedy, deliver)


def _database_time(storage: RDBStorage) -> datetime:
    with storage.engine.connect() as connection:
        now = connection.execute(select(func.now(type_=DateTime))).scalar_one()
    return now.replace(tzinfo=None) if isinstance(now, datetime) else datetime.fromisoformat(str(now))
