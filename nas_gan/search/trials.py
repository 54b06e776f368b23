"""The trials of a study: as jobs, which is what counts, and in Optuna, which is what everybody reads.

A trial is made in Optuna, and carried out by whoever leases the job of its number. In Optuna it is RUNNING from its
first lease to its end, interrupted or paused though it may be. What it came to is written into the job's row, fenced by
the lease, and Optuna is told afterwards. Telling may be repeated: whoever comes next does so if the first was killed in
between.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from typing import final

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas_gan.errors import InputError
from nas_gan.jobs.job import HEARTBEAT_SECONDS, Ending, Job, Nothing
from nas_gan.jobs.queue import JobQueue, Promote, promote_nothing
from nas_gan.search.result import TrialResult, parse_result

IDENTITY = "identity"
OUTCOME, REASON, RECORD = "outcome", "reason", "record"


def identity_of(study: optuna.Study) -> str:
    """Read what tells a study apart from any other, also of the same name; raises InputError if it has none."""
    identity = study.user_attrs.get(IDENTITY)
    if identity is None:
        raise InputError(
            f"study {study.study_name!r} wasn't made by this version of nas_gan; give another `study`"
        )
    return str(identity)


def give_identity(study: optuna.Study) -> None:
    """Make a study one that no other is, unless it is already."""
    if IDENTITY not in study.user_attrs:
        study.set_user_attr(IDENTITY, uuid.uuid4().hex)


def open_queue(
    storage: RDBStorage, study: optuna.Study, heartbeat_seconds: float = HEARTBEAT_SECONDS
) -> JobQueue:
    """Open the jobs of a study, which lie in its database."""
    return JobQueue(storage.engine, identity_of(study), heartbeat_seconds)


@final
class Trials:
    """Lease out trials, and tell Optuna what they came to."""

    def __init__(self, storage: BaseStorage, study_name: str, queue: JobQueue) -> None:
        self.queue = queue
        self._storage = storage
        self._name = study_name
        self._study_id = storage.get_study_id_from_name(study_name)
        self._ended_elsewhere: int | None = None

    def take(self, token: str, wanted: int, promote: Promote = promote_nothing) -> Job | Nothing:
        """Lease a trial to go on with, or make one, unless `wanted` have ended; the same token gives the same."""
        while True:
            job = self.queue.lease(token, wanted - self._count_ended_elsewhere(), promote)
            if isinstance(job, Nothing):
                return job
            try:
                return self._bind(job)
            except UpdateFinishedTrialError:
                self.queue.end(job, Ending("failed", "failed", "was ended in Optuna by another program"))

    def end_paused(self, wanted: int) -> list[Job]:
        """End the paused trials as pruned if as many have ended as were asked for, and none is at work."""
        return self.queue.end_paused(wanted - self._count_ended_elsewhere())

    def open(self, job: Job, sampler: BaseSampler | None = None) -> optuna.Trial:
        """Open a trial to be asked for values, which are those that it has where it was asked before."""
        # A study keeps what it has read for one trial, so each trial gets a study of its own.
        study = self.study(sampler)
        study.get_trials(deepcopy=False)  # Optuna's cache gets to know what others have made
        return optuna.Trial(study, self._id_of(number_of(job)))

    def study(self, sampler: BaseSampler | None = None) -> optuna.Study:
        """Load the study."""
        return optuna.load_study(study_name=self._name, storage=self._storage, sampler=sampler)

    def frozen(self, number: int) -> FrozenTrial:
        """Read a trial as Optuna has it."""
        return self._storage.get_trial(self._id_of(number))

    def describe(self, job: Job, outcome: str, reason: str) -> None:
        """Note with a trial that isn't over how it stands, for those who read Optuna alone."""
        trial_id = self._id_of(number_of(job))
        self._storage.set_trial_user_attr(trial_id, OUTCOME, outcome)
        self._storage.set_trial_user_attr(trial_id, REASON, reason)

    def tell(self, job: Job, sampler: BaseSampler | None = None) -> bool:
        """Tell Optuna what a job that has ended came to; say whether it knows now. Twice is as good as once."""
        if job.number is None:
            return True  # nobody came so far as to make a trial of it
        result = parse_result(job, self.queue.result_of(job))
        trial_id, study = self._id_of(job.number), self.study(sampler)
        if study.user_attrs.get(IDENTITY) != job.study:
            return True  # it has been deleted, and another of its name made
        try:
            self._write(trial_id, result)
            state, value = _as_optuna_says(result)
            told = study.tell(job.number, value, state, skip_if_finished=True)
        except UpdateFinishedTrialError:
            return True  # somebody else was quicker by a moment
        return told.state.is_finished()

    def _write(self, trial_id: int, result: TrialResult) -> None:
        frozen = self._storage.get_trial(trial_id)
        if frozen.state is TrialState.WAITING:
            self._storage.set_trial_state_values(trial_id, TrialState.RUNNING)
        facts = {OUTCOME: result.outcome, REASON: result.reason, RECORD: result.record}
        for key, value in facts.items():
            if value is not None:
                self._storage.set_trial_user_attr(trial_id, key, value)
        for images, score in result.values:
            if images not in frozen.intermediate_values:
                self._storage.set_trial_intermediate_value(trial_id, images, score)

    def _bind(self, job: Job) -> Job:
        """Give a new job the first trial that waits and is no other job's, or one that is made for it."""
        while job.number is None:
            number = self._find_waiting()
            if self.queue.give_number(job, number):
                job = replace(job, number=number)
        self._storage.set_trial_state_values(self._id_of(job.number), TrialState.RUNNING)
        return job

    def _find_waiting(self) -> int:
        others = self._read_others()
        waiting = [trial.number for trial in others if trial.state is TrialState.WAITING]
        if waiting:
            return waiting[0]
        template = create_trial(state=TrialState.WAITING)
        return self._storage.get_trial_number_from_id(
            self._storage.create_new_trial(self._study_id, template)
        )

    def _count_ended_elsewhere(self) -> int:
        """Count trials of other programs that have ended, which the budget holds, too."""
        if self._ended_elsewhere is None:
            self._read_others()
        return self._ended_elsewhere or 0

    def _read_others(self) -> list[FrozenTrial]:
        """Read the trials that no job is of: they wait, or another program has made them."""
        trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
        taken = self.queue.numbers()
        others = [trial for trial in trials if trial.number not in taken]
        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        self._ended_elsewhere = sum(trial.state in ended for trial in others)
        return others

    def _id_of(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)


def number_of(job: Job) -> int:
    """Return the number of a job's trial."""
    if job.number is None:
        raise ValueError("a job without a number has no trial")
    return job.number


def _as_optuna_says(result: TrialResult) -> tuple[TrialState, float | None]:
    """Say a result in Optuna's words. A trial that was rejected fails: samplers are to learn nothing from it."""
    if result.outcome == "complete" and result.value is not None and not math.isnan(result.value):
        return TrialState.COMPLETE, result.value
    return TrialState.PRUNED if result.outcome in ("complete", "pruned") else TrialState.FAIL, None
