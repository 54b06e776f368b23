"""Checkpoints that nobody can or will use: found, and none that a worker may be at."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

import optuna
import pytest
import torch
from optuna.storages import RDBStorage
from sqlalchemy import text

from nas_gan.files import name_beside
from nas_gan.maintenance.checkpoint_checks import find_damaged_checkpoints
from nas_gan.maintenance.problems import Problem
from nas_gan.maintenance.verification import mend, verify_study
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.result import TrialResult
from nas_gan.search.places import open_runs
from nas_gan.search.storage.database import open_storage
from nas_gan.search.workers.claim import CLAIM, Taken
from nas_gan.search.workers.claims import Claims
from nas_gan.store.mirror import Mirror
from nas_gan.training.checkpoint import write_checkpoint
from nas_gan.training.state import State

INTERRUPTED = TrialResult("interrupted", "")


@pytest.fixture
def storage(tmp_path: Path) -> RDBStorage:
    return open_storage(str(tmp_path / "studies.db"), create=True)


@pytest.fixture
def study(storage: RDBStorage) -> optuna.Study:
    return optuna.create_study(study_name="study", storage=storage)


@pytest.fixture
def taken(storage: RDBStorage, study: optuna.Study, tmp_path: Path) -> Taken:
    """Trial 0, which this process runs, with checkpoints after 1,000 and 2,000 images."""
    taken = _take(storage, study)
    folder = tmp_path / "study" / "0"
    folder.mkdir(parents=True)
    for images in (1000, 2000):
        write_checkpoint(folder / f"checkpoint-{images}.safetensors", _state(images))
    return taken


def _state(images: int) -> State:
    return State({"weight": torch.full((50,), float(images))}, {"images": images})


def _take(storage: RDBStorage, study: optuna.Study, token: str = "token") -> Taken:
    taken = Claims(storage, study._study_id).take(token, wanted=100)
    assert isinstance(taken, Taken)
    return taken


def _find(storage: RDBStorage, runs: Path | str) -> list[Problem]:
    return [problem for problem in verify_study(storage, "study", runs) if problem.kind == "checkpoint"]


def _damage(runs: Path, images: int) -> Path:
    path = runs / "study" / "0" / f"checkpoint-{images}.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    return path


def _forget_worker(storage: RDBStorage, taken: Taken) -> None:
    """As if the worker that claimed a trial had been killed."""
    claim = replace(taken.claim, owner=replace(taken.claim.owner, began="before"))
    # Optuna doesn't change a trial that has ended.
    with storage.engine.begin() as connection:
        connection.execute(
            text("UPDATE trial_system_attributes SET value_json = :claim WHERE key = :key"),
            {"claim": json.dumps(asdict(claim)), "key": CLAIM},
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
    taken: Taken,
    tmp_path: Path,
) -> None:
    if fate == "waits":
        Claims(storage, study._study_id).release(taken.trial_id, "token", INTERRUPTED)
    else:
        _forget_worker(storage, taken)
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
    storage: RDBStorage, study: optuna.Study, taken: Taken, tmp_path: Path
) -> None:
    _damage(tmp_path, 2000)
    assert _find(storage, tmp_path) == []


def test_a_worker_that_takes_the_trial_meanwhile_is_left_alone(
    storage: RDBStorage, study: optuna.Study, taken: Taken, tmp_path: Path
) -> None:
    claims = Claims(storage, study._study_id)
    claims.release(taken.trial_id, "token", INTERRUPTED)
    path = _damage(tmp_path, 2000)
    seen = study.get_trials(deepcopy=False)
    folder = open_runs(tmp_path).within("study")
    (problem,) = find_damaged_checkpoints(study, seen, folder, folder.names())
    _take(storage, study, "another")
    assert list(find_damaged_checkpoints(study, seen, folder, folder.names())) == []
    write_checkpoint(path, _state(2000))
    assert mend(problem).mended
    assert path.exists()
    path.unlink()
    assert mend(problem).mended
    assert sorted(found.name for found in path.parent.iterdir()) == ["checkpoint-1000.safetensors"]


def test_those_of_an_ended_trial_are_removed(
    storage: RDBStorage, study: optuna.Study, taken: Taken, tmp_path: Path
) -> None:
    claims = Claims(storage, study._study_id)
    (tmp_path / "study" / "0" / name_beside("generator.safetensors")).write_bytes(b"hal")
    assert claims.end(taken.trial_id, "token", TrialResult("pruned", "weak"))
    assert _find(storage, tmp_path) == [], "its worker may be about to"
    _forget_worker(storage, taken)
    (problem,) = _find(storage, tmp_path)
    assert "still has 2 checkpoints and 1 half-written file" in problem.text
    assert mend(problem).mended
    assert list((tmp_path / "study" / "0").iterdir()) == []
    assert _find(storage, tmp_path) == []


def test_a_worker_that_had_time_to_remove_them_has_not(
    storage: RDBStorage, study: optuna.Study, taken: Taken, tmp_path: Path
) -> None:
    Claims(storage, study._study_id).end(taken.trial_id, "token", TrialResult("pruned", "weak"))
    with storage.engine.begin() as connection:
        ago = {"ago": datetime.now() - timedelta(minutes=11)}
        connection.execute(text("UPDATE trials SET datetime_complete = :ago"), ago)
    assert [problem.trial for problem in _find(storage, tmp_path)] == [0]


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_at_a_url_what_was_cut_short_is_set_aside_too(
    kind: str, storage: RDBStorage, study: optuna.Study, taken: Taken, tmp_path: Path
) -> None:
    url = f"file://{tmp_path}/there" if kind == "file" else f"memory://{uuid.uuid4().hex}"
    Claims(storage, study._study_id).release(taken.trial_id, "token", INTERRUPTED)
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
