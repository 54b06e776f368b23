"""Trials that the database calls running, and that nobody runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import final

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import DateTime, func, select

from nas_gan.errors import InputError
from nas_gan.maintenance.problems import Problem
from nas_gan.search.workers.claim import CLAIM, Sign
from nas_gan.search.workers.claims import Claims
from nas_gan.search.workers.lifeline import MISSED_BEATS

# Of the database's own clock; longer where workers show life less often than most do.
SILENT_AFTER = timedelta(minutes=10)


@final
@dataclass(frozen=True)
class Zombie:
    """A trial that nobody runs, and why that is known. `sign` is None where nobody has claimed it."""

    trial: FrozenTrial
    sign: Sign | None
    why: str


def find_zombies(study: optuna.Study, claims: Claims, storage: RDBStorage) -> Iterator[Problem]:
    """Running trials without a worker."""
    for zombie in look_for_zombies(study, claims, storage):
        repair = _requeue(claims, zombie.sign) if zombie.sign else _requeue_unclaimed(study, zombie.trial)
        said = f"is running, but {zombie.why}"
        remedy = "put it into the queue again"
        yield Problem("zombie", study.study_name, zombie.trial.number, said, remedy, repair)


def look_for_zombies(study: optuna.Study, claims: Claims, storage: RDBStorage) -> list[Zombie]:
    """The running trials without a worker, as they are now."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    now = _database_time(storage)
    signs = {sign.number: sign for sign in claims.signs()}
    found = []
    for trial in running:
        sign = signs.get(trial.number)
        if sign is None and CLAIM in trial.system_attrs:
            continue  # it has ended this moment
        why = "nobody has claimed it" if sign is None else _why_left(sign, now)
        if why:
            found.append(Zombie(trial, sign, why))
    return found


def _why_left(sign: Sign, now: datetime) -> str:
    if sign.claim.owner.is_gone():
        return "its worker is gone"
    if sign.heartbeat is None:
        return "its worker has never shown life"
    patience = max(SILENT_AFTER, timedelta(seconds=MISSED_BEATS * sign.claim.beat_seconds))
    if now - sign.heartbeat > patience:
        minutes = (now - sign.heartbeat) // timedelta(minutes=1)
        return f"its worker has shown no life for {minutes:,} minutes"
    return ""


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


def _database_time(storage: RDBStorage) -> datetime:
    with storage.engine.connect() as connection:
        now = connection.execute(select(func.now(type_=DateTime))).scalar_one()
    return now.replace(tzinfo=None) if isinstance(now, datetime) else datetime.fromisoformat(str(now))
