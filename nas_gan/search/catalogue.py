"""Reading studies: counts, records and the ranking, whoever made them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import final

import optuna
from optuna.trial import FrozenTrial, TrialState

from nas_gan.errors import InputError
from nas_gan.metrics.scores import Metric
from nas_gan.runs.record import RunRecord, parse_record
from nas_gan.search.definition import definition_of

RECORD_ATTRIBUTE = "record"


@final
@dataclass(frozen=True)
class Trial:
    """One trial of a study. `value` is of the study's metric, for a trial that was trained to its end."""

    number: int
    state: str
    value: float | None
    reason: str
    started: datetime | None
    ended: datetime | None
    record: RunRecord | None


@final
@dataclass(frozen=True)
class StudySummary:
    """A study at a glance. `counts` has the states that occur; turned-down trials are counted apart."""

    name: str
    space: str
    data: str
    metric: Metric
    counts: dict[str, int]
    best_number: int | None
    best_value: float | None
    last_activity: datetime | None


def state_of(trial: FrozenTrial) -> str:
    """A trial's state in our words: as Optuna's, with `turned_down` and `interrupted` told apart.

    One that was interrupted waits; it was failed, and another one queued, in studies of the first version.
    """
    outcome = trial.user_attrs.get("outcome", "")
    if outcome == "interrupted" and trial.state in (TrialState.WAITING, TrialState.FAIL):
        return "interrupted"
    return "turned_down" if outcome == "turned_down" else trial.state.name.lower()


def counts_toward_budget(trial: FrozenTrial) -> bool:
    """Whether a trial is one of those that `--trials` asks for: trained to its end, or pruned on the way."""
    finished = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return finished and state_of(trial) not in ("turned_down", "interrupted")


def read_trial(trial: FrozenTrial) -> Trial:
    """A trial with its record, if it came so far as to have one."""
    text = trial.user_attrs.get(RECORD_ATTRIBUTE)
    return Trial(
        number=trial.number,
        state=state_of(trial),
        value=trial.value if trial.state == TrialState.COMPLETE else None,
        reason=str(trial.user_attrs.get("reason", "")),
        started=trial.datetime_start,
        ended=trial.datetime_complete,
        record=parse_record(text, f"trial {trial.number}") if text else None,
    )


def read_trials(study: optuna.Study) -> list[Trial]:
    """All trials of a study, by number."""
    return [read_trial(trial) for trial in study.get_trials(deepcopy=False)]


def read_one_trial(study: optuna.Study, which: str) -> Trial:
    """The trial of a number, or the best one for `best`; raises InputError if there is none."""
    if which == "best":
        ranking = rank(study)
        if not ranking:
            raise InputError(f"study {study.study_name!r}: no trial has been trained to its end yet")
        return ranking[0]
    trials = study.get_trials(deepcopy=False)
    if not which.isdecimal() or int(which) >= len(trials):
        last = f"0 to {len(trials) - 1}" if trials else "none yet"
        raise InputError(f"trial {which}: no such trial in study {study.study_name!r}; there are {last}")
    trial = read_trial(trials[int(which)])
    if trial.record is None:
        raise InputError(f"trial {which} of study {study.study_name!r} has no record: it is {trial.state}")
    return trial


def rank(study: optuna.Study) -> list[Trial]:
    """Trials that were trained to their end, best first; each architecture once.

    Raises InputError if their scores were made under more than one protocol.
    """
    complete = [
        read_trial(trial) for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    ]
    own = [trial for trial in complete if trial.record is not None and trial.record.reused_from is None]
    protocols = {
        rung.scores.protocol_fingerprint for trial in own if trial.record for rung in trial.record.rungs[-1:]
    }
    if len(protocols) > 1:
        raise InputError(
            f"study {study.study_name!r} holds scores of {len(protocols)} protocols "
            f"({', '.join(sorted(protocols))}), which can't be ranked together; evaluate the runs again"
        )
    lower_is_better = definition_of(study).direction == "minimize"
    return sorted(own, key=lambda trial: (trial.value or 0.0) * (1 if lower_is_better else -1))


def summarise(study: optuna.Study) -> StudySummary:
    """A study at a glance."""
    definition = definition_of(study)
    trials = study.get_trials(deepcopy=False)
    ranking = rank(study)
    times = [time for trial in trials if (time := trial.datetime_complete or trial.datetime_start)]
    return StudySummary(
        name=study.study_name,
        space=definition.space,
        data=definition.data,
        metric=definition.metric,
        counts=dict(Counter(state_of(trial) for trial in trials)),
        best_number=ranking[0].number if ranking else None,
        best_value=ranking[0].value if ranking else None,
        last_activity=max(times, default=None),
    )
