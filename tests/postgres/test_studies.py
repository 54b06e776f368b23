"""Keeping studies on either kind of database: renamed, verified, deleted without a rest."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from sqlalchemy import inspect, text

from nas_gan.jobs.job import Ending, Job
from nas_gan.maintenance.administration import delete_study, rename_study
from nas_gan.maintenance.copying import copy_study
from nas_gan.maintenance.verification import mend, verify_study
from nas_gan.search.catalogue import states_of
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.sharing import sharers
from nas_gan.search.trials import Trials, give_identity, open_queue

AGES = {
    "sqlite": "UPDATE nas_gan_jobs SET seen = datetime('now', '-11 minutes')",
    "postgresql": "UPDATE nas_gan_jobs SET seen = now() - interval '11 minutes'",
}


def _take(storage: RDBStorage, study: optuna.Study) -> Job:
    give_identity(study)
    job = Trials(storage, study.study_name, open_queue(storage, study)).take("token", 100)
    assert isinstance(job, Job)
    return job


def test_a_silent_trial_is_found_by_the_databases_own_clock(either_url: str, tmp_path: Path) -> None:
    storage = open_storage(either_url, create=True)
    study = optuna.create_study(study_name="study", storage=storage)
    _take(storage, study)
    with storage.engine.begin() as connection:
        there = '{"machine": "elsewhere", "number": 1, "began": "1"}'
        connection.execute(text("UPDATE nas_gan_jobs SET owner = :owner"), {"owner": there})
    assert list(verify_study(storage, "study", tmp_path)) == []
    with storage.engine.begin() as connection:
        connection.execute(text(AGES[storage.engine.dialect.name]))
    (problem,) = verify_study(storage, "study", tmp_path)
    assert "no life for 11 minutes" in problem.text
    assert mend(problem).mended
    assert states_of(study) == {0: "waiting"}


def test_trials_that_ran_while_they_were_copied_wait_in_the_copy(either_url: str, tmp_path: Path) -> None:
    source = open_storage(either_url, create=True)
    study = optuna.create_study(study_name="study", storage=source)
    _take(source, study)
    target = open_storage(str(tmp_path / "copy.db"), create=True)
    assert copy_study("study", source, target, tmp_path, tmp_path).running == 1
    assert list(verify_study(source, "study", tmp_path)) == []
    assert list(verify_study(target, "study", tmp_path)) == []
    states = [states_of(optuna.load_study(study_name="study", storage=each)) for each in (source, target)]
    assert states == [{0: "running"}, {0: "waiting"}]


def test_a_server_is_asked_whether_it_still_has_the_copy(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = open_storage(str(tmp_path / "here.db"), create=True)
    study = optuna.create_study(study_name="study", storage=here)
    copy_study("study", here, open_storage(postgres_url, create=True), tmp_path, tmp_path)
    user, _, rest = postgres_url.partition("@")
    head, _, password = user.rpartition(":")
    address = f"{head}@{rest}"
    assert sharers(study) == [address]
    optuna.delete_study(study_name="study", storage=open_storage(postgres_url, create=False))
    assert sharers(study) == [address], "there is no way to ask"
    monkeypatch.setenv("PGPASSWORD", password)
    assert sharers(study) == []
    assert password not in json.dumps(study.user_attrs)


def test_what_is_deleted_leaves_no_row(either_url: str, tmp_path: Path) -> None:
    storage = open_storage(either_url, create=True)
    study = optuna.create_study(study_name="study", storage=storage)
    job = _take(storage, study)
    open_queue(storage, study).release(job, Ending("queued", "interrupted", ""))
    trial = study.ask()
    trial.suggest_float("x", 0.0, 1.0)
    trial.report(1.0, 1)
    trial.set_user_attr("record", "{}")
    trial.set_constraint("macs", -1.0)
    study.tell(trial, 1.0)
    rename_study(storage, "study", "renamed", tmp_path)
    assert optuna.load_study(study_name="renamed", storage=storage).best_value == 1.0
    delete_study(storage, "renamed", tmp_path)
    with storage.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version", "version_info"}
        left = {table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() for table in tables}
    assert len(left) > 8
    assert set(left.values()) == {0}, left
