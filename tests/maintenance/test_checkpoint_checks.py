"""Checkpoints that nobody can or will use: found, and none that a worker may be at."""

from __future__ import annotations

import uuid
from pathlib import Path

import optuna
import pytest
import torch
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import text

from nas_gan.files import name_beside
from nas_gan.jobs.job import Ending, Job
from nas_gan.maintenance.checkpoint_checks import find_damaged_checkpoints
from nas_gan.maintenance.problems import Problem
from nas_gan.maintenance.verification import mend, verify_study
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.search.places import open_runs
from nas_gan.search.storage.database import open_storage
from nas_gan.search.trials import Trials, give_identity, open_queue
from nas_gan.store.mirror import Mirror
from nas_gan.training.checkpoint import write_checkpoint
from nas_gan.training.state import State

INTERRUPTED = Ending("queued", "interrupted", "")
PRUNED = Ending("done", "pruned", "weak")


@pytest.fixture
def storage(tmp_path: Path) -> RDBStorage:
    return open_storage(str(tmp_path / "studies.db"), create=True)


@pytest.fixture
def study(storage: RDBStorage) -> optuna.Study:
    study = optuna.create_study(study_name="study", storage=storage)
    give_identity(study)
    return study


@pytest.fixture
def taken(storage: RDBStorage, study: optuna.Study, tmp_path: Path) -> Job:
    """Trial 0, which this process runs, with checkpoints after 1,000 and 2,000 images."""
    taken = _take(storage, study)
    folder = tmp_path / "study" / "0"
    folder.mkdir(parents=True)
    for images in (1000, 2000):
        write_checkpoint(folder / f"checkpoint-{images}.safetensors", _state(images))
    return taken


def _state(images: int) -> State:
    return State({"weight": torch.full((50,), float(images))}, {"images": images})


def _take(storage: RDBStorage, study: optuna.Study, token: str = "token") -> Job:
    taken = Trials(storage, "study", open_queue(storage, study)).take(token, wanted=100)
    assert isinstance(taken, Job)
    return taken


def _find(storage: RDBStorage, runs: Path | str) -> list[Problem]:
    return [problem for problem in verify_study(storage, "study", runs) if problem.kind == "checkpoint"]


def _damage(runs: Path, images: int) -> Path:
    path = runs / "study" / "0" / f"checkpoint-{images}.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    return path


def _forget_worker(storage: RDBStorage) -> None:
    """As if the worker that leased a trial had been killed."""
    with storage.engine.begin() as connection:
        connection.execute(
            text('UPDATE nas_gan_jobs SET owner = replace(owner, \'"began": "\', \'"began": "0\')')
        )


@pytest.mark.parametrize(
    ("damaged", "then", "left"),
    [
        ((2000,), "the one before it will be used", 1000),
        ((1000,), "there is a later one", 2000),
        ((1000, 2000), "its trial begins again", None),
    ],
)
@pytest.mark.parametrize("fate", ["waits", "gone"])
def test_a_damaged_one_is_set_aside(
    fate: str,
    damaged: tuple[int, ...],
    then: str,
    left: int | None,
    storage: RDBStorage,
    study: optuna.Study,
    taken: Job,
    tmp_path: Path,
) -> None:
    if fate == "waits":
        open_queue(storage, study).release(taken, INTERRUPTED)
    else:
        _forget_worker(storage)
    assert _find(storage, tmp_path) == []
    paths = [_damage(tmp_path, images) for images in damaged]
    problems = _find(storage, tmp_path)
    assert [problem.trial for problem in problems] == [0] * len(paths)
    for problem, path in zip(problems, paths, strict=True):
        assert str(path) in problem.text
        assert "checksum" in problem.text
        assert problem.remedy.endswith(then)
        assert mend(problem).mended
        assert not path.exists()
        assert path.with_name(f"damaged-{path.name}").exists()
    assert _find(storage, tmp_path) == []
    newest = Checkpoints(tmp_path / "study" / "0", lambda _: None).newest()
    assert (None if newest is None else newest[1].facts["images"]) == left


def test_those_of_a_living_worker_are_left_to_it(
    storage: RDBStorage, study: optuna.Study, taken: Job, tmp_path: Path
) -> None:
    _damage(tmp_path, 2000)
    assert _find(storage, tmp_path) == []


def test_a_worker_that_takes_the_trial_meanwhile_is_left_alone(
    storage: RDBStorage, study: optuna.Study, taken: Job, tmp_path: Path
) -> None:
    queue = open_queue(storage, study)
    queue.release(taken, INTERRUPTED)
    path = _damage(tmp_path, 2000)
    seen = queue.all()
    folder = open_runs(tmp_path).within("study")
    (problem,) = find_damaged_checkpoints("study", queue, seen, folder, folder.names())
    _take(storage, study, "another")
    assert list(find_damaged_checkpoints("study", queue, seen, folder, folder.names())) == []
    write_checkpoint(path, _state(2000))
    assert mend(problem).mended
    assert path.exists()
    path.unlink()
    assert mend(problem).mended
    assert sorted(found.name for found in path.parent.iterdir()) == ["checkpoint-1000.safetensors"]


def test_those_of_an_ended_trial_are_removed(
    storage: RDBStorage, study: optuna.Study, taken: Job, tmp_path: Path
) -> None:
    queue = open_queue(storage, study)
    (tmp_path / "study" / "0" / name_beside("generator.safetensors")).write_bytes(b"hal")
    assert queue.end(taken, PRUNED)
    assert _find(storage, tmp_path) == [], "its worker may be about to"
    queue.close(taken)
    study.tell(0, state=TrialState.PRUNED)
    (problem,) = _find(storage, tmp_path)
    assert "still has 2 checkpoints and 1 half-written file" in problem.text
    assert mend(problem).mended
    assert list((tmp_path / "study" / "0").iterdir()) == []
    assert _find(storage, tmp_path) == []


def test_a_killed_worker_that_had_still_to_remove_them_is_done_so_for(
    storage: RDBStorage, study: optuna.Study, taken: Job, tmp_path: Path
) -> None:
    open_queue(storage, study).end(taken, PRUNED)
    _forget_worker(storage)
    (problem,) = verify_study(storage, "study", tmp_path)
    assert (problem.kind, problem.trial) == ("undelivered", 0)
    assert mend(problem).mended
    assert list((tmp_path / "study" / "0").iterdir()) == []
    assert study.trials[0].state is TrialState.PRUNED
    assert [each.kind for each in verify_study(storage, "study", tmp_path)] == []


def test_a_damaged_one_of_a_paused_trial_is_set_aside(
    storage: RDBStorage, study: optuna.Study, taken: Job, tmp_path: Path
) -> None:
    open_queue(storage, study).pause(taken, Ending("paused", "pruned", "weak"), pending=False)
    assert _find(storage, tmp_path) == []
    _damage(tmp_path, 2000)
    (problem,) = _find(storage, tmp_path)
    assert mend(problem).mended


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_at_a_url_what_was_cut_short_is_set_aside_too(
    kind: str, storage: RDBStorage, study: optuna.Study, taken: Job, tmp_path: Path
) -> None:
    url = f"file://{tmp_path}/there" if kind == "file" else f"memory://{uuid.uuid4().hex}"
    open_queue(storage, study).release(taken, INTERRUPTED)
    folder = open_runs(url).within("study/0")
    mirror = Mirror(tmp_path / "study" / "0", folder)
    mirror.push()
    assert _find(storage, url) == []
    _damage(tmp_path, 2000)
    mirror.push()
    (problem,) = _find(storage, url)
    assert f"{url}/study/0/checkpoint-2000.safetensors" in problem.text
    assert mend(problem).mended
    assert sorted(folder.names()) == ["checkpoint-1000.safetensors", "damaged-checkpoint-2000.safetensors"]
    assert _find(storage, url) == []
