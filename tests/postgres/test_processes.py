"""Several processes on one database, of either kind: nothing is made twice, given twice or lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import optuna

from nas_gan.study.definition import definition_of, load_study
from nas_gan.study.storage.database import open_storage

CREATE = """
from nas_gan.study.definition import StudyDefinition, create_or_continue
from nas_gan.study.storage.database import open_storage
definition = StudyDefinition(
    space="tiny", space_fingerprint="0", data="d", data_fingerprint="1", channels=1, resolution=8, classes=2,
    metric="fid", protocol={"name": "p"}, images=9, rungs=(1, 3, 9), seed=0,
)
# go
study = create_or_continue(open_storage(sys.argv[2], create=True), "study", definition)
study.tell(study.ask(), float(sys.argv[1]))
"""

TAKE = """
import json
from optuna import load_study
from optuna.trial import TrialState
from nas_gan.study.storage.database import open_storage
study = load_study(study_name="study", storage=open_storage(sys.argv[2], create=False))
taken = []
# go
while True:
    trial = study.ask()
    if "planned" not in trial.user_attrs:
        study.tell(trial, state=TrialState.FAIL)
        break
    taken.append(trial.suggest_float("x", 0.0, 1000.0))
    study.tell(trial, taken[-1])
print(json.dumps(taken))
"""


def test_four_processes_create_one_study(either_url: str, run_together: Callable[..., list[str]]) -> None:
    run_together(CREATE, 4, either_url)
    storage = open_storage(either_url, create=False)
    study = load_study(storage, "study")
    assert [found.study_name for found in storage.get_all_studies()] == ["study"]
    assert definition_of(study).rungs == (1, 3, 9)
    assert sorted(trial.values for trial in study.trials) == [[0.0], [1.0], [2.0], [3.0]]
    assert [trial.number for trial in study.trials] == [0, 1, 2, 3]


def test_a_study_whose_making_was_cut_short_is_completed(
    either_url: str, run_together: Callable[..., list[str]]
) -> None:
    optuna.create_study(study_name="study", storage=open_storage(either_url, create=True))
    run_together(CREATE, 1, either_url)
    assert definition_of(load_study(open_storage(either_url, create=False), "study")).rungs == (1, 3, 9)


def test_four_processes_take_every_waiting_trial_once(
    either_url: str, run_together: Callable[..., list[str]]
) -> None:
    wanted = 200
    study = optuna.create_study(study_name="study", storage=open_storage(either_url, create=True))
    for index in range(wanted):
        study.enqueue_trial({"x": float(index)}, user_attrs={"planned": True})
    printed: list[list[float]] = [json.loads(text) for text in run_together(TAKE, 4, either_url)]
    assert sorted(x for taken in printed for x in taken) == [float(index) for index in range(wanted)]
    assert all(printed)
    ended: dict[str, Any] = {}
    for trial in study.trials:
        ended.setdefault(trial.state.name, []).append(trial.value)
    assert sorted(ended.pop("COMPLETE")) == [float(index) for index in range(wanted)]
    assert ended == {"FAIL": [None] * 4}


def test_processes_go_on_after_a_restart_under_load(
    postgres: Any, postgres_url: str, run_together: Callable[..., list[str]]
) -> None:
    """Of what was told the database had, nothing is lost, whatever the moment of the power cut."""
    optuna.create_study(study_name="study", storage=open_storage(postgres_url, create=True))
    script = """
import json, time
from optuna import load_study
from optuna.exceptions import StorageInternalError
from nas_gan.study.storage.database import open_storage
study = load_study(study_name="study", storage=open_storage(sys.argv[2], create=False))
told, troubles = [], 0
# go
while len(told) < 40:
    try:
        trial = study.ask()
        study.tell(trial, float(trial.number))
        told.append(trial.number)
    except StorageInternalError:
        troubles += 1
        time.sleep(0.05)
print(json.dumps([told, troubles]))
"""
    question = "SELECT count(*) > 30 FROM trials WHERE state = 'COMPLETE'"
    with postgres.away_when(question, postgres_url.rpartition("/")[2], seconds=1.0):
        printed = [json.loads(text) for text in run_together(script, 3, postgres_url)]
    assert any(troubles for _, troubles in printed)
    told = sorted(number for numbers, _ in printed for number in numbers)
    study = optuna.load_study(study_name="study", storage=open_storage(postgres_url, create=False))
    ended = [trial.number for trial in study.trials if trial.state.is_finished()]
    assert len(told) == len(set(told)) == 120
    assert set(told) <= set(ended)
