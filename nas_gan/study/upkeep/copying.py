"""Copying a study whole from one database to another, with its runs and artifacts."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nas_gan.errors import InputError
from nas_gan.study.definition import SETTINGS, load_study
from nas_gan.study.storage.artifacts import ARTIFACTS_FOLDER, linked_artifacts
from nas_gan.study.storage.database import creation_lock, masked_url
from nas_gan.study.upkeep.administration import change_name


@final
@dataclass(frozen=True)
class Copied:
    """What a copy came to. `running`: trials that were being trained meanwhile, which nobody trains in the copy."""

    trials: int
    running: int
    files: int


def copy_study(
    name: str, source: RDBStorage, target: RDBStorage, source_runs: Path, target_runs: Path
) -> Copied:
    """Copies a study: all of its trials under their numbers, its folder of runs, and its artifacts.

    Where both folders are one, no file is copied. The study appears in the target when everything is there; a copy
    that was cut short is begun again. Raises InputError if the target has such a study, or other files in its place.
    """
    study = load_study(source, name)
    known = {found.study_name for found in target.get_all_studies()}
    if name in known:
        raise InputError(
            f"study {name!r} is in {masked_url(target.url)} already; rename or delete one of the two first"
        )
    files = list(_files_to_copy(study, source_runs, target_runs))
    for origin, place in files:
        _copy_file(origin, place)
    with creation_lock(target):
        copied = _copy_trials(
            study, source, target, None if _is_one(source_runs, target_runs) else target_runs
        )
    running = sum(trial.state is TrialState.RUNNING for trial in copied)
    return Copied(len(copied), running, len(files))


def trial_facts(trial: FrozenTrial) -> str:
    """All that is stored of a trial, as text that is the same for the same trial."""
    facts: dict[str, Any] = {
        "number": trial.number,
        "state": trial.state.name,
        "values": trial.values,
        "params": trial.params,
        "distributions": {name: repr(found) for name, found in trial.distributions.items()},
        "intermediate_values": {str(step): value for step, value in trial.intermediate_values.items()},
        "user_attrs": trial.user_attrs,
        "system_attrs": trial.system_attrs,
        "constraints": trial.constraints,
        "started": trial.datetime_start,
        "ended": trial.datetime_complete,
    }
    return json.dumps(facts, sort_keys=True, default=str)


def _copy_trials(
    study: optuna.Study, source: RDBStorage, target: RDBStorage, runs: Path | None
) -> list[FrozenTrial]:
    """Copies what is in the database. `runs`: the folder that workers of the copy are to use, if it is another."""
    name = study.study_name
    # No search can be given a name that begins with a dot.
    passing = f".{name}.copying"
    if passing in {found.study_name for found in target.get_all_studies()}:
        optuna.delete_study(study_name=passing, storage=target)
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    optuna.copy_study(from_study_name=name, from_storage=source, to_storage=target, to_study_name=passing)
    copy = optuna.load_study(study_name=passing, storage=target)
    if runs is not None and SETTINGS in copy.user_attrs:
        copy.set_user_attr(SETTINGS, copy.user_attrs[SETTINGS] | {"out": str(runs.resolve())})
    copied = copy.get_trials(deepcopy=False)
    for trial in finished:
        if trial_facts(trial) != trial_facts(copied[trial.number]):
            raise RuntimeError(f"trial {trial.number} of {name!r} isn't the same in {masked_url(target.url)}")
    change_name(target, passing, name)
    return copied


def _files_to_copy(study: optuna.Study, source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """Files that the target doesn't have yet, each with its place there."""
    if _is_one(source, target):
        return
    for path in [*_run_files(source / study.study_name), *_artifact_files(study, source / ARTIFACTS_FOLDER)]:
        place = target / path.relative_to(source)
        if not place.exists():
            yield path, place
        elif _stamp(place) != _stamp(path):
            raise InputError(f"{place}: there is another file of this name already; give another --to-runs")


def _is_one(source: Path, target: Path) -> bool:
    return source.resolve() == target.resolve()


def _run_files(folder: Path) -> Iterable[Path]:
    # A name with a dot in front is of a file that is being written.
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))


def _artifact_files(study: optuna.Study, folder: Path) -> Iterator[Path]:
    for trial in study.get_trials(deepcopy=False):
        for identity in linked_artifacts(trial):
            path = folder / identity
            if path.is_file():
                yield path


def _copy_file(origin: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.copy2(origin, beside)
    beside.replace(place)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns // 1_000_000_000
