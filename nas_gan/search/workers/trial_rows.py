"""A study's trials in Optuna's tables, as far as claims need them.

By Optuna's own models, which aren't public; only this file and `claims` touch them. A row is of Optuna's `TrialModel`,
and lives as long as its session.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy import func
from sqlalchemy.orm import Session, selectinload

from nas_gan.search.workers.claim import CLAIM, RECIPE, Claim, Taken, TrialLost, parse_claim

OPEN = (TrialState.RUNNING, TrialState.WAITING)
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def lock_study(session: Session, study_id: int) -> None:
    """Lets no other transaction that asks for this run beside, up to the session's end."""
    models.StudyModel.find_or_raise_by_id(study_id, session, for_update=True)


def find_trial(session: Session, trial_id: int) -> Any:
    """The row of a trial, which no other transaction changes up to the session's end."""
    return models.TrialModel.find_or_raise_by_id(trial_id, session, for_update=True)


def find_numbered(session: Session, study_id: int, number: int) -> Any | None:
    """The row of the trial that a study has under a number."""
    model = models.TrialModel
    return session.query(model).filter(model.study_id == study_id, model.number == number).first()


def open_trials(session: Session, study_id: int) -> list[Any]:
    """Trials that run or wait, oldest first, with what claims are read from."""
    model = models.TrialModel
    query = session.query(model).filter(model.study_id == study_id, model.state.in_(OPEN))
    with_claims = query.options(selectinload(model.system_attributes), selectinload(model.heartbeats))
    return list(with_claims.order_by(model.trial_id))


def trials_at(session: Session, study_id: int, recipe: str, states: tuple[TrialState, ...]) -> list[Any]:
    """Trials in one of these states that train a recipe, or have, oldest first."""
    model, attribute = models.TrialModel, models.TrialUserAttributeModel
    query = session.query(model).join(attribute, attribute.trial_id == model.trial_id)
    same = query.filter(attribute.key == RECIPE, attribute.value_json == json.dumps(recipe))
    found = same.filter(model.study_id == study_id, model.state.in_(states))
    return list(found.order_by(model.trial_id))


def count_ended(session: Session, study_id: int) -> int:
    """Trials that were trained to their end or pruned on the way, which are those that budgets count."""
    model, attribute = models.TrialModel, models.TrialUserAttributeModel
    ended = session.query(func.count(model.trial_id)).filter(
        model.study_id == study_id, model.state.in_(ENDED)
    )
    uncounted = ended.join(attribute, attribute.trial_id == model.trial_id).filter(
        attribute.key == "outcome",
        attribute.value_json.in_([json.dumps("turned_down"), json.dumps("interrupted")]),
    )
    return int(ended.scalar() or 0) - int(uncounted.scalar() or 0)


def add_trial(session: Session, study_id: int) -> Any:
    """Makes a trial that waits."""
    trial = models.TrialModel(study_id=study_id, number=None, state=TrialState.WAITING)
    session.add(trial)
    session.flush()
    trial.number = trial.count_past_trials(session)
    return trial


def beat(session: Session, trial_id: int) -> None:
    """Notes a sign of life, by the database's clock."""
    found = models.TrialHeartbeatModel.where_trial_id(trial_id, session)
    if found is None:
        session.add(models.TrialHeartbeatModel(trial_id=trial_id))
    else:
        found.heartbeat = session.execute(func.now()).scalar()


def heartbeat_of(trial: Any) -> datetime | None:
    """A trial's last sign of life, by the database's clock."""
    return trial.heartbeats[0].heartbeat if trial.heartbeats else None


def claim_of(trial: Any) -> Claim | None:
    """The claim on a trial; None for one that nobody of ours has taken yet."""
    for attribute in trial.system_attributes:
        if attribute.key == CLAIM:
            return parse_claim(json.loads(attribute.value_json))
    return None


def need_claim(trial: Any) -> Claim:
    """The claim on a trial; raises TrialLost if there is none."""
    claim = claim_of(trial)
    if claim is None:
        raise TrialLost
    return claim


def waits_for(trial: Any) -> int | None:
    """The number of the trial whose result a trial waits for."""
    claim = claim_of(trial)
    return None if claim is None else claim.after


def is_held(trial: Any, token: str) -> bool:
    """Whether a trial is run by who has this token."""
    claim = claim_of(trial)
    return trial.state is TrialState.RUNNING and claim is not None and claim.token == token


def find_held(session: Session, trial_id: int, token: str) -> Any:
    """The row of a trial that is run by who has this token; raises TrialLost if it isn't."""
    trial = find_trial(session, trial_id)
    if not is_held(trial, token):
        raise TrialLost
    return trial


def taken_of(trial: Any, claim: Claim) -> Taken:
    """A trial as its worker gets it."""
    reported = frozenset(int(each.step) for each in trial.intermediate_values)
    return Taken(trial.trial_id, trial.number, claim, reported)


def marks_of(trial: Any) -> list[Any]:
    """What successive halving has noted of a trial's rungs, the lowest first."""
    marks = [each for each in trial.system_attributes if each.key.startswith("completed_rung_")]
    return sorted(marks, key=lambda mark: int(mark.key.rpartition("_")[2]))
