"""Renaming and deleting studies, with their folders."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import final

import optuna
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from nas_gan.errors import InputError
from nas_gan.study.definition import load_study
from nas_gan.study.storage.artifacts import ARTIFACTS_FOLDER, linked_artifacts


@final
@dataclass(frozen=True)
class Holdings:
    """What belongs to a study: trials in the database, files in the folder of runs, and their bytes."""

    trials: int
    running: int
    folder: Path
    files: int
    bytes: int


def check_name(name: str) -> None:
    """Raises InputError for what can't be a study's name, which is a folder's, too."""
    if not name.strip() or "/" in name or "\\" in name or name.startswith("."):
        raise InputError(
            f"{name!r}: can't name a study; give a name without slashes, not starting with a dot"
        )


def change_name(storage: RDBStorage, old: str, new: str) -> None:
    """Gives a study of the database another name, in one step; raises InputError if it is taken."""
    # Optuna has no way to do this; its own would be to copy and delete.
    statement = text("UPDATE studies SET study_name = :new WHERE study_name = :old")
    try:
        with storage.engine.begin() as connection:
            connection.execute(statement, {"old": old, "new": new})
    except IntegrityError:
        raise InputError(f"study {new!r} exists already; give another name") from None


def rename_study(storage: RDBStorage, old: str, new: str, runs: Path) -> None:
    """Renames a study and its folder of runs; raises InputError while trials of it are running."""
    check_name(new)
    study = load_study(storage, old)
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    if running:
        raise InputError(
            f"study {old!r}: {len(running)} of its trials are running; end its workers first, or, if there are none: "
            f"python -m nas_gan studies verify {old} --mend"
        )
    if new in optuna.get_all_study_names(storage):
        raise InputError(f"study {new!r} exists already; give another name")
    if (runs / new).exists():
        raise InputError(f"{runs / new}: exists already; give another name")
    change_name(storage, old, new)
    try:
        if (runs / old).is_dir():
            (runs / old).rename(runs / new)
    except OSError as error:
        change_name(storage, new, old)
        raise InputError(f"{runs / old}: can't be renamed ({error.strerror})") from None


def find_holdings(study: optuna.Study, runs: Path) -> Holdings:
    """What would go with a study."""
    trials = study.get_trials(deepcopy=False)
    folder = runs / study.study_name
    files = [path for path in folder.rglob("*") if path.is_file()] + _artifacts(study, runs)
    return Holdings(
        trials=len(trials),
        running=sum(trial.state == TrialState.RUNNING for trial in trials),
        folder=folder,
        files=len(files),
        bytes=sum(path.stat().st_size for path in files),
    )


def delete_study(storage: RDBStorage, name: str, runs: Path) -> None:
    """Deletes a study, then its artifacts and its folder of runs."""
    study = load_study(storage, name)
    artifacts = _artifacts(study, runs)
    optuna.delete_study(study_name=name, storage=storage)
    # Cut short from here on, this leaves files without a study, which `studies verify` finds.
    for path in artifacts:
        path.unlink(missing_ok=True)
    if (runs / name).is_dir():
        shutil.rmtree(runs / name)


def _artifacts(study: optuna.Study, runs: Path) -> list[Path]:
    paths = {
        runs / ARTIFACTS_FOLDER / identity
        for trial in study.get_trials(deepcopy=False)
        for identity in linked_artifacts(trial)
    }
    return sorted(path for path in paths if path.is_file())
