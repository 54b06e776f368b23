"""Which worker has which trial: short transactions on a study's trials, each of them whole or not at all.

Optuna's own `ask` and `tell` don't know who holds a trial, so that a trial that went back into the queue could be
told by the worker that lost it. Here a trial that is running carries a claim: the token of whoever runs it, and what
the next one needs to know. Whatever changes a trial's state looks at the claim in the same transaction.

The tables are Optuna's; how rows are found and read is in `trial_rows`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, final

from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy.orm import Session

from nas_gan.interruption import PatientSignals
from nas_gan.runs.result import TrialResult
from nas_gan.search.workers import trial_rows as rows
from nas_gan.search.workers.claim import BEAT_SECONDS, CLAIM, RECIPE, Claim, Nothing, Sign, Taken
from nas_gan.search.workers.owner import this_process

MAX_DEATHS = 5

STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "turned_down": TrialState.PRUNED}


@final
class Claims:
    """Takes, holds and ends trials of one study."""

    def __init__(self, storage: RDBStorage, study_id: int, beat_seconds: float = BEAT_SECONDS) -> None:
        """`beat_seconds`: time between two signs of life of who takes trials with this."""
        self._storage = storage
        self._study_id = study_id
        self._beat_seconds = beat_seconds

    def take(self, token: str, wanted: int) -> Taken | Nothing:
        """Takes the oldest trial that waits, or makes one, unless `wanted` have ended or are being worked on.

        The same token again gives the same trial.
        """
        with self._alone() as session:
            trials = rows.open_trials(session, self._study_id)
            for trial in trials:
                claim = rows.claim_of(trial)
                if claim and claim.token == token and trial.state is TrialState.RUNNING:
                    return rows.taken_of(trial, claim)
            waiting = [trial for trial in trials if trial.state is TrialState.WAITING]
            # Whose worker is another program's can't be known to be at work.
            at_work = {
                trial.number for trial in trials if trial.state is TrialState.RUNNING and rows.claim_of(trial)
            }
            held_back = [trial for trial in waiting if rows.waits_for(trial) in at_work]
            ended = rows.count_ended(session, self._study_id)
            if ended + len(at_work) + len(held_back) >= wanted:
                return Nothing(ended >= wanted, tuple(sorted(at_work)))
            unfree = {trial.number for trial in trials}
            free = [trial for trial in waiting if rows.waits_for(trial) not in unfree]
            trial = free[0] if free else rows.add_trial(session, self._study_id)
            return self._claim(session, trial, token)

    def hold(self, trial_id: int, token: str) -> bool:
        """Shows life; says whether the trial is still this claim's."""
        with self._transaction() as session:
            if not rows.is_held(rows.find_trial(session, trial_id), token):
                return False
            rows.beat(session, trial_id)
            return True

    def begin_recipe(self, trial_id: int, token: str, recipe: str) -> int | None:
        """Says what a trial is about to train. If another one is at the same, the trial waits for it.

        Returns the number of that other one, and None if the trial is to be trained. Raises TrialLost.
        """
        with self._alone() as session:
            trial = rows.find_held(session, trial_id, token)
            self._set_user_attribute(session, trial_id, RECIPE, recipe)
            for other in rows.trials_at(session, self._study_id, recipe, rows.OPEN):
                claim = rows.claim_of(other)
                if other.trial_id != trial_id and claim is not None and claim.after is None:
                    waiting = replace(rows.need_claim(trial), after=int(other.number))
                    self._set_claim(session, trial_id, waiting)
                    trial.state = TrialState.WAITING
                    return int(other.number)
            return None

    def ended_at(self, recipe: str) -> list[int]:
        """The database's own numbers of the trials of a recipe that are complete or pruned, oldest first."""
        with self._transaction() as session:
            return [trial.trial_id for trial in rows.trials_at(session, self._study_id, recipe, rows.ENDED)]

    def begin_at(self, trial_id: int, token: str, images: int) -> None:
        """Notes after how many images a worker goes on: deaths before it got there are forgotten; raises TrialLost."""
        with self._transaction() as session:
            claim = rows.need_claim(rows.find_held(session, trial_id, token))
            if images > claim.images:
                self._set_claim(session, trial_id, replace(claim, images=images, deaths=0))

    def pass_rung(self, trial_id: int, token: str, images: int) -> None:
        """Notes that a trial is let go on after a rung, so that this isn't decided again; raises TrialLost."""
        with self._transaction() as session:
            trial = rows.find_held(session, trial_id, token)
            claim = replace(rows.need_claim(trial), passed=images, marks=len(rows.marks_of(trial)))
            self._set_claim(session, trial_id, claim)

    def release(self, trial_id: int, token: str, result: TrialResult) -> bool:
        """Puts a trial that was interrupted back into the queue; says whether it was still this claim's."""
        with self._alone() as session:
            trial = rows.find_trial(session, trial_id)
            if not rows.is_held(trial, token):
                return False
            self._describe(session, trial_id, result)
            self._set_claim(session, trial_id, replace(rows.need_claim(trial), deaths=0))
            trial.state = TrialState.WAITING
            return True

    def end(self, trial_id: int, token: str, result: TrialResult) -> bool:
        """Ends a trial with its result; says whether it was this claim's to end. Twice is as good as once."""
        with self._alone() as session:
            trial = rows.find_trial(session, trial_id)
            claim = rows.claim_of(trial)
            if claim is None or claim.token != token:
                return False
            if not trial.state.is_finished():
                self._describe(session, trial_id, result)
                self._finish(session, trial, result)
            return True

    def signs(self) -> list[Sign]:
        """The running trials that workers have claimed, with their signs of life."""
        with self._transaction() as session:
            return [
                Sign(trial.trial_id, trial.number, claim, rows.heartbeat_of(trial))
                for trial in rows.open_trials(session, self._study_id)
                if trial.state is TrialState.RUNNING and (claim := rows.claim_of(trial))
            ]

    def requeue(self, sign: Sign) -> TrialState | None:
        """Puts a trial back whose worker has died, unless it has shown life since; says what it is then.

        WAITING; or FAIL, if one worker after the other has died without getting any further; None: it stays as it is.
        """
        with self._alone() as session:
            trial = rows.find_trial(session, sign.trial_id)
            heartbeat = rows.heartbeat_of(trial)
            if not rows.is_held(trial, sign.claim.token) or heartbeat != sign.heartbeat:
                return None
            claim = rows.need_claim(trial)
            claim = replace(claim, deaths=claim.deaths + 1)
            self._set_claim(session, trial.trial_id, claim)
            trial.state = TrialState.WAITING
            if claim.deaths >= MAX_DEATHS:
                result = TrialResult("failed", f"its worker died {claim.deaths} times in a row")
                self._describe(session, trial.trial_id, result)
                self._finish(session, trial, result)
            return TrialState(trial.state)

    def find(self, number: int) -> Sign | None:
        """The open trial of a number, with its claim; None if there is none."""
        with self._transaction() as session:
            for trial in rows.open_trials(session, self._study_id):
                claim = rows.claim_of(trial)
                if trial.number == number and claim:
                    return Sign(trial.trial_id, number, claim, None)
            return None

    def has_ended(self, number: int) -> bool:
        """Whether there is a trial of this number, and nobody is to run it any more."""
        with self._transaction() as session:
            found = rows.find_numbered(session, self._study_id, number)
            return found is not None and found.state.is_finished()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        # Cut short by a signal, SQLite's driver would keep the lock, and the next transaction wait for it.
        with PatientSignals() as signals, signals.undivided(), self._session() as session:
            yield session

    @contextmanager
    def _session(self) -> Iterator[Session]:
        session: Session = self._storage.scoped_session()
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    @contextmanager
    def _alone(self) -> Iterator[Session]:
        """A transaction that no other one of this study runs beside."""
        with self._transaction() as session:
            rows.lock_study(session, self._study_id)
            yield session

    def _claim(self, session: Session, trial: Any, token: str) -> Taken:
        before = rows.claim_of(trial)
        claim = Claim(token, this_process(), self._beat_seconds)
        if before is not None:
            claim = replace(
                before,
                token=token,
                owner=claim.owner,
                beat_seconds=claim.beat_seconds,
                times=before.times + 1,
                after=None,
            )
            self._forget_open_decisions(session, trial, before)
        self._set_claim(session, trial.trial_id, claim)
        trial.state = TrialState.RUNNING
        if trial.datetime_start is None:
            trial.datetime_start = datetime.now()
        rows.beat(session, trial.trial_id)
        return rows.taken_of(trial, claim)

    @staticmethod
    def _forget_open_decisions(session: Session, trial: Any, claim: Claim) -> None:
        """Removes the pruner's marks of rungs after which nobody came to act on what it decided.

        With such a mark, successive halving would take the rung for passed and let the trial go on.
        """
        for mark in rows.marks_of(trial)[claim.marks :]:
            session.delete(mark)

    def _describe(self, session: Session, trial_id: int, result: TrialResult) -> None:
        self._set_user_attribute(session, trial_id, "outcome", result.outcome)
        self._set_user_attribute(session, trial_id, "reason", result.reason)
        if result.record is not None:
            self._set_user_attribute(session, trial_id, "record", result.record)

    def _finish(self, session: Session, trial: Any, result: TrialResult) -> None:
        for images, reported in result.values:
            self._storage._set_trial_intermediate_value_without_commit(
                session, trial.trial_id, images, reported
            )
        value = result.value
        if result.outcome == "pruned" and result.values and not math.isnan(result.values[-1][1]):
            value = result.values[-1][1]  # as Optuna's own `tell` does
        if value is not None:
            self._storage._set_trial_value_without_commit(session, trial, 0, value)
        trial.state = STATES.get(result.outcome, TrialState.FAIL)
        trial.datetime_complete = datetime.now()

    def _set_user_attribute(self, session: Session, trial_id: int, key: str, value: str) -> None:
        self._storage._set_trial_attr_without_commit(
            session, models.TrialUserAttributeModel, trial_id, key, value
        )

    def _set_claim(self, session: Session, trial_id: int, claim: Claim) -> None:
        self._storage._set_trial_attr_without_commit(
            session, models.TrialSystemAttributeModel, trial_id, CLAIM, asdict(claim)
        )
