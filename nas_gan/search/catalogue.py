"""Reading studies: counts, records and the ranking, whoever made them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import final

import optuna
from optuna.trial import FrozenTrial

from nas_gan.errors import InputError
from nas_gan.jobs.job import Job
from nas_gan.jobs.queue import JobQueue
from nas_gan.metrics.scores import Metric
from nas_gan.runs.record import RunRecord, parse_record
from nas_gan.search.definition import TRIALS_ASKED, definition_of
from nas_gan.search.repeats import Fresh, are_tied, mean_key, read_fresh
from nas_gan.search.result import parse_result
from nas_gan.search.settings import NO_END
from nas_gan.search.storage.private import engine_of
from nas_gan.search.trials import IDENTITY, OUTCOME, REASON, RECORD, START

ENDED = ("complete", "pruned", "paused")


@final
@dataclass(frozen=True)
class Trial:
    """One trial of a study. `value` is of the study's metric, for a trial that was trained to its end.

    `state`: complete, pruned, paused, running, waiting, interrupted or fail. `start`: the name of the architecture,
    where the search began with it; empty for what was proposed. `fresh`: what further seeds say of it, if any do.
    """

    number: int
    state: str
    value: float | None
    reason: str
    started: datetime | None
    ended: datetime | None
    record: RunRecord | None
    start: str = ""
    fresh: Fresh | None = None


@final
@dataclass(frozen=True)
class StudySummary:
    """A study at a glance. `counts` has the states that occur."""

    name: str
    space: str
    data: str
    metric: Metric
    counts: dict[str, int]
    best_number: int | None
    best_value: float | None
    last_activity: datetime | None


def queue_of(study: optuna.Study) -> JobQueue | None:
    """Return the jobs of a study; None for one that another program has made, or that is in memory."""
    engine, identity = engine_of(study), study.user_attrs.get(IDENTITY)
    return None if engine is None or identity is None else JobQueue(engine, str(identity))


def states_of(study: optuna.Study) -> dict[int, str]:
    """Read the state of each trial by its number; trials that were rejected, and never trained, are left out."""
    jobs = _jobs_of(study)
    states = {
        trial.number: _state(trial, jobs.get(trial.number)) for trial in study.get_trials(deepcopy=False)
    }
    return {number: state for number, state in states.items() if state != "rejected"}


def count_ended(study: optuna.Study) -> int:
    """Count the trials that a search asks for: trained to their end, or as far as a rung or a failure let them."""
    return sum(state in ENDED for state in states_of(study).values())


def find_paused(study: optuna.Study) -> frozenset[int]:
    """Find the trials that a rung has paused, and that the study's end hasn't pruned yet."""
    return frozenset(number for number, state in states_of(study).items() if state == "paused")


def read_trials(study: optuna.Study) -> list[Trial]:
    """Read all trials of a study, by number; trials that were rejected, and never trained, are left out."""
    return _read(study, None)


def _read(study: optuna.Study, states: tuple[str, ...] | None) -> list[Trial]:
    queue, jobs, fresh, found = queue_of(study), _jobs_of(study), read_fresh(study), []
    for trial in study.get_trials(deepcopy=False):
        job = jobs.get(trial.number)
        state = _state(trial, job)
        if state == "rejected" or (states is not None and state not in states):
            continue
        text, value = trial.user_attrs.get(RECORD), trial.value if state == "complete" else None
        if job is not None and queue is not None and not trial.state.is_finished():
            result = parse_result(job, queue.result_of(job)) if job.outcome else None
            text, value = (result.record, result.value) if result else (None, None)
        found.append(
            Trial(
                number=trial.number,
                state=state,
                value=value,
                reason=job.reason if job else str(trial.user_attrs.get(REASON, "")),
                started=trial.datetime_start,
                ended=trial.datetime_complete,
                record=parse_record(text, f"trial {trial.number}") if text else None,
                start=str(trial.user_attrs.get(START, "")),
                fresh=fresh.get(trial.number),
            )
        )
    return found


def _jobs_of(study: optuna.Study) -> dict[int, Job]:
    queue = queue_of(study)
    jobs = [] if queue is None else queue.all()
    return {job.number: job for job in jobs if job.number is not None}


def _state(trial: FrozenTrial, job: Job | None) -> str:
    """Say a trial's state in one word: what its job says, which Optuna may not have been told yet."""
    outcome = trial.user_attrs.get(OUTCOME, "") if job is None else job.outcome
    if outcome == "rejected":
        return "rejected"
    if job is None:
        return trial.state.name.lower()
    waiting = "interrupted" if outcome == "interrupted" else "waiting"
    words = {"leased": "running", "queued": waiting, "paused": "paused", "done": outcome, "failed": "fail"}
    return words[job.state]


def read_one_trial(study: optuna.Study, which: str) -> Trial:
    """Read the trial of a number, or the best one for `best`; raises InputError if there is none."""
    if which == "best":
        ranking = rank(study)
        if not ranking:
            raise InputError(f"study {study.study_name!r}: no trial has been trained to its end yet")
        return ranking[0]
    trials = {trial.number: trial for trial in read_trials(study)}
    if not which.isdecimal() or int(which) not in trials:
        last = f"0 to {max(trials)}" if trials else "none yet"
        raise InputError(f"trial {which}: no such trial in study {study.study_name!r}; there are {last}")
    trial = trials[int(which)]
    if trial.record is None:
        raise InputError(f"trial {which} of study {study.study_name!r} has no record: it is {trial.state}")
    return trial


def rank(study: optuna.Study) -> list[Trial]:
    """Rank trials that were trained to their end, best first; each architecture once.

    Those that were compared by fresh seeds come first, those that were rejected last after them, by their means.
    Raises InputError if their scores were made under more than one protocol.
    """
    complete = _read(study, ("complete",))
    own = [trial for trial in complete if trial.record is not None and trial.record.reused_from is None]
    protocols = {
        rung.scores.protocol_fingerprint for trial in own if trial.record for rung in trial.record.rungs[-1:]
    }
    if len(protocols) > 1:
        raise InputError(
            f"study {study.study_name!r} holds scores of {len(protocols)} protocols "
            f"({', '.join(sorted(protocols))}), which can't be ranked together; evaluate the runs again"
        )
    definition = definition_of(study)
    sign = definition.sign

    def place(trial: Trial) -> tuple[int, bool, float]:
        if trial.fresh is None or trial.fresh.rounds == 0:
            return 0, False, sign * (trial.value or 0.0)
        return -trial.fresh.rounds, *mean_key(trial.fresh.choice, sign)

    return _mark_ties(sorted(own, key=place), is_fid=definition.metric == "fid")


def _mark_ties(ranking: list[Trial], *, is_fid: bool) -> list[Trial]:
    """Mark the trials that can't be told from the first by their fresh seeds."""
    best = ranking[0].fresh if ranking else None
    if best is None:
        return ranking
    return [
        replace(trial, fresh=replace(trial.fresh, tied=True))
        if place and trial.fresh is not None and are_tied(best.choice, trial.fresh.choice, is_fid=is_fid)
        else trial
        for place, trial in enumerate(ranking)
    ]


def trials_asked_of(study: optuna.Study) -> int | None:
    """Return how many trials the study's last search was to come to; None where only time was to end it."""
    asked = study.user_attrs.get(TRIALS_ASKED)
    return asked if isinstance(asked, int) and asked < NO_END else None


def summarise(study: optuna.Study) -> StudySummary:
    """Summarise a study at a glance."""
    definition = definition_of(study)
    ranking, trials = rank(study), study.get_trials(deepcopy=False)
    times = [time for trial in trials if (time := trial.datetime_complete or trial.datetime_start)]
    return StudySummary(
        name=study.study_name,
        space=definition.space,
        data=definition.data,
        metric=definition.metric,
        counts=dict(Counter(states_of(study).values())),
        best_number=ranking[0].number if ranking else None,
        best_value=ranking[0].value if ranking else None,
        last_activity=max(times, default=None),
    )
