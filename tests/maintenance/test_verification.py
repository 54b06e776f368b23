"""What kills leave behind is found and mended: trials nobody runs, results, pictures, folders."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import text

from nas_gan.files import name_beside
from nas_gan.jobs.job import Job
from nas_gan.jobs.owner import this_process
from nas_gan.maintenance.administration import delete_study
from nas_gan.maintenance.problems import Problem
from nas_gan.maintenance.verification import mend, verify_all, verify_study
from nas_gan.search.catalogue import states_of
from nas_gan.search.result import TrialResult
from nas_gan.search.storage.artifacts import keep_picture
from nas_gan.search.storage.database import open_storage
from nas_gan.search.trials import Trials, give_identity, open_queue


@pytest.fixture
def storage(tmp_path: Path) -> RDBStorage:
    return open_storage(str(tmp_path / "studies.db"), create=True)


@pytest.fixture
def study(storage: RDBStorage) -> optuna.Study:
    study = optuna.create_study(study_name="study", storage=storage)
    give_identity(study)
    return study


def _take(storage: RDBStorage, study: optuna.Study, token: str = "token") -> Job:
    taken = Trials(storage, "study", open_queue(storage, study)).take(token, wanted=100)
    assert isinstance(taken, Job)
    return taken


def _forget_worker(storage: RDBStorage, machine: str = "") -> None:
    """As if the worker that leased a trial had been killed, or ran elsewhere."""
    owner = {"machine": machine or this_process().machine, "number": 1, "began": "before"}
    with storage.engine.begin() as connection:
        connection.execute(text("UPDATE nas_gan_jobs SET owner = :owner"), {"owner": json.dumps(owner)})


def _find(storage: RDBStorage, runs: Path) -> list[Problem]:
    return list(verify_study(storage, "study", runs))


def _states(study: optuna.Study) -> list[TrialState]:
    return [trial.state for trial in study.get_trials(deepcopy=False)]


def test_a_living_worker_is_left_alone(storage: RDBStorage, study: optuna.Study, tmp_path: Path) -> None:
    _take(storage, study)
    study.enqueue_trial({"x": 1.0})
    assert _find(storage, tmp_path) == []


def test_a_trial_of_a_killed_worker_waits_again(
    storage: RDBStorage, study: optuna.Study, tmp_path: Path
) -> None:
    script = (
        "import os, signal, sys, optuna\n"
        "from nas_gan.search.storage.database import open_storage\n"
        "from nas_gan.search.trials import Trials, open_queue\n"
        "storage = open_storage(sys.argv[1], create=False)\n"
        "study = optuna.load_study(study_name='study', storage=storage)\n"
        "Trials(storage, 'study', open_queue(storage, study)).take('token', 100)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path / "studies.db")], check=False)
    assert ended.returncode == -9
    (problem,) = _find(storage, tmp_path)
    assert (problem.kind, problem.trial, problem.text) == ("zombie", 0, "is running, but its worker is gone")
    assert _states(study) == [TrialState.RUNNING]
    assert mend(problem).mended
    assert states_of(study) == {0: "waiting"}
    assert _find(storage, tmp_path) == []
    assert _take(storage, study).number == 0


def test_a_silent_worker_elsewhere_is_a_zombie_after_ten_minutes(
    storage: RDBStorage, study: optuna.Study, tmp_path: Path
) -> None:
    taken = _take(storage, study)
    _forget_worker(storage, "elsewhere")
    for minutes, found in ((9, 0), (11, 1)):
        with storage.engine.begin() as connection:
            connection.execute(
                text("UPDATE nas_gan_jobs SET seen = datetime('now', :ago)"),
                {"ago": f"-{minutes} minutes"},
            )
        problems = _find(storage, tmp_path)
        assert len(problems) == found
    assert "no life for 11 minutes" in problems[0].text
    # It shows life after all, before anybody has mended.
    assert open_queue(storage, study).beat(taken)
    finding = mend(problems[0])
    assert not finding.mended
    assert "shown life" in finding.failure
    assert _states(study) == [TrialState.RUNNING]


def test_a_running_trial_that_nobody_claimed_is_run_again(
    storage: RDBStorage, study: optuna.Study, tmp_path: Path
) -> None:
    study.ask().suggest_float("x", 0.0, 1.0)
    (problem,) = _find(storage, tmp_path)
    assert "nobody has claimed it" in problem.text
    assert mend(problem).mended
    assert _states(study) == [TrialState.FAIL, TrialState.WAITING]
    again = study.ask()
    assert again.suggest_float("x", 0.0, 1.0) == study.trials[0].params["x"]
    assert again.user_attrs == {"repeats": 0}


def test_a_result_that_optuna_has_not_been_told_of_is_told(
    storage: RDBStorage, study: optuna.Study, tmp_path: Path
) -> None:
    taken = _take(storage, study)
    queue = open_queue(storage, study)
    result = TrialResult("complete", "", 2.5, ((1000, 5.0), (3000, 2.5)))
    assert queue.end(taken, result.ending())
    assert _find(storage, tmp_path) == [], "its worker may be about to"
    _forget_worker(storage)
    (problem,) = _find(storage, tmp_path)
    assert (problem.kind, problem.trial) == ("undelivered", 0)
    assert states_of(study) == {0: "complete"}
    assert mend(problem).mended
    (trial,) = study.trials
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 2.5)
    assert trial.intermediate_values == {1000: 5.0, 3000: 2.5}
    assert mend(problem).mended, "twice is as good as once"
    assert queue.unclosed() == []
    assert _find(storage, tmp_path) == []


def test_a_half_written_picture_of_an_ended_trial_goes(
    storage: RDBStorage, study: optuna.Study, tmp_path: Path
) -> None:
    (tmp_path / "picture.png").write_bytes(b"picture")
    trial = study.ask()
    keep_picture(trial, tmp_path, tmp_path / "picture.png")
    (artifact,) = (tmp_path / "artifacts").iterdir()
    half, other = (artifact.with_name(name_beside(name)) for name in (artifact.name, "other"))
    for path in (half, other):
        path.write_bytes(b"pict")
    assert "artifact" not in {problem.kind for problem in _find(storage, tmp_path)}, "it may be written now"
    study.tell(trial, 1.0)
    (problem,) = (problem for problem in _find(storage, tmp_path) if "half-written" in problem.text)
    assert mend(problem).mended
    assert {path.name for path in (tmp_path / "artifacts").iterdir()} == {artifact.name, other.name}
    half.write_bytes(b"pict")
    delete_study(storage, "study", tmp_path)
    assert list((tmp_path / "artifacts").iterdir()) == [other]


def test_a_lost_picture_comes_back(storage: RDBStorage, study: optuna.Study, tmp_path: Path) -> None:
    folder = tmp_path / "study" / "0"
    folder.mkdir(parents=True)
    picture = folder / "samples-1000.png"
    picture.write_bytes(b"picture")
    trial = study.ask()
    keep_picture(trial, tmp_path, picture)
    study.tell(trial, 1.0)
    (artifact,) = (tmp_path / "artifacts").iterdir()
    assert "artifact" not in {problem.kind for problem in _find(storage, tmp_path)}
    artifact.unlink()
    (problem,) = (problem for problem in _find(storage, tmp_path) if problem.kind == "artifact")
    assert mend(problem).mended
    assert artifact.read_bytes() == b"picture"
    artifact.unlink()
    picture.unlink()
    (problem,) = (problem for problem in _find(storage, tmp_path) if problem.kind == "artifact")
    assert problem.mend is None


def test_folders_without_a_trial_are_moved_aside(
    storage: RDBStorage, study: optuna.Study, tmp_path: Path
) -> None:
    study.tell(study.ask(), 1.0)
    for name in ("7", "7", "notes", "orphaned"):
        (tmp_path / "study" / name).mkdir(parents=True, exist_ok=True)
    (tmp_path / "study" / "7" / "weights").write_text("many hours")
    (problem,) = _find(storage, tmp_path)
    assert (problem.kind, problem.trial) == ("orphan", 7)
    assert mend(problem).mended
    assert _find(storage, tmp_path) == []
    (tmp_path / "study" / "7").mkdir()
    assert all(mend(problem).mended for problem in _find(storage, tmp_path))
    assert (tmp_path / "study" / "orphaned" / "7" / "weights").read_text() == "many hours"
    assert (tmp_path / "study" / "orphaned" / "7-2").is_dir()


def test_runs_of_a_study_that_is_elsewhere_are_told_and_left(
    storage: RDBStorage, study: optuna.Study, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere" / "0").mkdir(parents=True)
    (tmp_path / "elsewhere" / "0" / "record.json").write_text(json.dumps({}))
    (tmp_path / "pictures").mkdir()
    assert _find(storage, tmp_path) == []
    (problem,) = verify_all(storage, lambda _: str(tmp_path), tmp_path)
    assert (problem.kind, problem.study, problem.mend) == ("orphan", "elsewhere", None)
