"""A study that goes from SQLite to PostgreSQL and back is the same in everything that is stored of it."""

from __future__ import annotations

import math
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from nas_gan.errors import InputError
from nas_gan.maintenance.copying import copy_study, trial_facts
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.sharing import NEWER, OLDER
from nas_gan.search.trials import IDENTITY, Trials, give_identity, open_queue


def _make_study(storage: optuna.storages.RDBStorage, name: str) -> optuna.Study:
    """Trials of every state, with everything that a trial can hold."""
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
    study.set_user_attr("definition", {"format": 2, "space": "tiny", "rungs": [1, 3], "ü": None})
    study.sampler = optuna.samplers.RandomSampler(seed=0)
    for number in range(4):
        trial = study.ask()
        trial.suggest_float("rate", 1e-9, 1.0, log=True)
        trial.suggest_float("step", 0.0, 1.0, step=0.25)
        trial.suggest_int("width", 16, 64, step=16)
        trial.suggest_categorical("norm", ["none", "batch", 3, 0.5, True, None])
        for step, value in ((1000, 0.1 + 1e-17), (3000, math.nan), (9000, math.inf)):
            trial.report(value, step)
        trial.set_user_attr("record", '{"text": "é\\u0000"}' * 9000)
        trial.set_constraint("parameters", -1.5)
        trial.set_constraint("macs", -math.inf)
        if number == 0:
            study.tell(trial, 1 / 3)
        elif number < 3:
            study.tell(trial, state=(TrialState.PRUNED, TrialState.FAIL)[number - 1])
    study.enqueue_trial({"width": 32}, user_attrs={"repeats": 1})
    give_identity(study)
    Trials(storage, name, open_queue(storage, study)).take("token", 100)
    study.enqueue_trial({"width": 48})
    return study


def _facts(study: optuna.Study) -> list[str]:
    return [trial_facts(trial) for trial in study.get_trials(deepcopy=False)]


def test_there_and_back_again(postgres_url: str, tmp_path: Path) -> None:
    server = open_storage(postgres_url, create=True)
    here = open_storage(str(tmp_path / "here.db"), create=True)
    back = open_storage(str(tmp_path / "back.db"), create=True)
    study = _make_study(here, "study")
    optuna.create_study(study_name="another", storage=server)  # so that numbers and rows differ
    copied = copy_study("study", here, server, tmp_path, tmp_path)
    copy_study("study", server, back, tmp_path, tmp_path)
    assert (copied.trials, copied.running, copied.files) == (6, 2, 0)
    facts = _facts(study)
    states = {trial.state for trial in study.trials}
    assert states == set(TrialState)
    for storage in (server, back):
        again = optuna.load_study(study_name="study", storage=storage)
        assert _facts(again) == facts
        assert again.user_attrs["definition"] == study.user_attrs["definition"]
        assert again.user_attrs.keys() - {OLDER, NEWER} == study.user_attrs.keys() - {NEWER}
        assert again.user_attrs[IDENTITY] != study.user_attrs[IDENTITY]
        assert [job.state for job in open_queue(storage, again).all()] == ["queued"]
        assert again.directions == study.directions
        assert again.best_value == 1 / 3
        assert again.trials[0].intermediate_values[1000] == 0.1 + 1e-17
        assert math.isnan(again.trials[0].intermediate_values[3000])
        assert again.trials[0].constraints == {"parameters": -1.5, "macs": -math.inf}
    assert [found.study_name for found in back.get_all_studies()] == ["study"]


def test_a_study_that_is_there_is_kept(postgres_url: str, tmp_path: Path) -> None:
    server = open_storage(postgres_url, create=True)
    here = open_storage(str(tmp_path / "here.db"), create=True)
    _make_study(here, "study")
    optuna.create_study(study_name="study", storage=server)
    with pytest.raises(InputError, match="already") as caught:
        copy_study("study", here, server, tmp_path, tmp_path)
    assert "***" in str(caught.value)
    assert optuna.load_study(study_name="study", storage=server).trials == []


def test_a_copy_that_was_cut_short_is_begun_again(postgres_url: str, tmp_path: Path) -> None:
    server = open_storage(postgres_url, create=True)
    here = open_storage(str(tmp_path / "here.db"), create=True)
    study = _make_study(here, "study")
    half = optuna.create_study(study_name=".study.copying", storage=server)
    half.add_trial(study.trials[0])
    copy_study("study", here, server, tmp_path, tmp_path)
    assert [found.study_name for found in server.get_all_studies()] == ["study"]
    assert _facts(optuna.load_study(study_name="study", storage=server)) == _facts(study)
