"""Several processes on one database, of either kind: nothing is made twice, given twice or lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna

from nas_gan.search.definition import definition_of, load_study
from nas_gan.search.storage.database import open_storage
from nas_gan.search.trials import give_identity

CREATE = """
from nas_gan.search.definition import StudyDefinition, create_or_continue
from nas_gan.search.storage.database import open_storage
# each
definition = StudyDefinition(
    space="tiny", space_fingerprint="0", data="d", data_fingerprint="1", channels=1, resolution=8, classes=2,
    metric="fid", protocol={"name": "p"}, images=9, rungs=(1, 3, 9), seed=0,
    precision="float32",
)
# go
study = create_or_continue(open_storage(sys.argv[2], create=True), "study", definition)
study.tell(study.ask(), float(sys.argv[1]))
"""

TAKE = """
import json, time
from optuna import load_study
from nas_gan.jobs.job import Job
from nas_gan.jobs.owner import new_token
from nas_gan.search.closing import Closing
from nas_gan.search.result import TrialResult
from nas_gan.search.storage.database import open_storage
from nas_gan.search.trials import Trials, open_queue
# each
storage, wanted, numbers = open_storage(sys.argv[2], create=False), int(sys.argv[3]), []
queue = open_queue(storage, load_study(study_name="study", storage=storage))
trials = Trials(storage, "study", queue)
closing = Closing(trials, "study", sys.argv[4])
# go
while isinstance(taken := trials.take(new_token(), wanted), Job) or not taken.done:
    if isinstance(taken, Job):
        numbers.append(taken.number)
        time.sleep(0.01)  # the training
        assert queue.end(taken, TrialResult("complete", "", float(taken.number)).ending())
        closing.close(taken.number)
print(json.dumps(numbers))
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
    either_url: str, run_together: Callable[..., list[str]], tmp_path: Path
) -> None:
    wanted = 80
    study = optuna.create_study(study_name="study", storage=open_storage(either_url, create=True))
    give_identity(study)
    for index in range(wanted):
        study.enqueue_trial({"x": float(index)})
    printed: list[list[int]] = [
        json.loads(text) for text in run_together(TAKE, 4, either_url, str(wanted), str(tmp_path))
    ]
    # SQLite's lock goes to whoever asks at the right moment, which may be three of four every time.
    assert sum(map(bool, printed)) > 1
    assert sorted(number for numbers in printed for number in numbers) == list(range(wanted))
    ended = study.get_trials()
    assert [(trial.number, trial.state.name, trial.value) for trial in ended] == [
        (number, "COMPLETE", float(number)) for number in range(wanted)
    ]
    assert [trial.system_attrs["fixed_params"]["x"] for trial in ended] == [trial.value for trial in ended]


def test_processes_go_on_after_a_restart_under_load(
    postgres: Any, postgres_url: str, run_together: Callable[..., list[str]]
) -> None:
    """Of what was told the database had, nothing is lost, whatever the moment of the power cut."""
    optuna.create_study(study_name="study", storage=open_storage(postgres_url, create=True))
    script = """
import json, time
from optuna import load_study
from optuna.exceptions import StorageInternalError
from nas_gan.search.storage.database import open_storage
# each
study = load_study(study_name="study", storage=open_storage(sys.argv[2], create=False))
told, troubles = [], 0
# go
while len(told) < 60:
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
    assert len(told) == len(set(told)) == 180
    assert set(told) <= set(ended)
