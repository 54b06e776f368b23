"""The folder of a generator's weights, as a user names it: a run's, a bundle's, or STUDY:TRIAL."""

from __future__ import annotations

import os
from pathlib import Path

from nas_gan.errors import InputError
from nas_gan.store.address import DEFAULT_STORAGE

__all__ = ["DEFAULT_STORAGE", "describe_folder", "find_folder", "trial_folder", "trial_name"]


def find_folder(where: str | os.PathLike[str], storage: str, runs: str | None) -> Path:
    """Find the folder that a user named.

    `storage`: the database of STUDY:TRIAL. `runs`: the folder or URL with the runs of its study, None for where the
    study has them; from a URL they are fetched. Raises InputError if there is no such folder, or the trial has no
    weights.
    """
    name = os.fspath(where)
    path = Path(name)
    study, colon, trial = name.rpartition(":")
    if path.exists() or not colon or not study:
        if not path.is_dir():
            raise InputError(
                f"{name}: no such folder; give a run's folder, a bundle, or STUDY:TRIAL such as "
                "resdense-mnist5k:best"
            )
        return path
    return _find_trial_folder(study, trial, storage, runs)


def describe_folder(where: str | os.PathLike[str], folder: Path) -> str:
    """Name a run in words: `trial 7 of study resdense-mnist5k`, or `the run m0`."""
    name = os.fspath(where)
    if Path(name).exists():
        return f"the run {folder.name}"
    return f"trial {folder.name} of study {name.rpartition(':')[0]}"


def trial_name(where: str | os.PathLike[str], folder: Path) -> str | None:
    """Name a trial as STUDY:TRIAL, whichever way it was named; None for a run in a folder."""
    name = os.fspath(where)
    return None if Path(name).exists() else f"{name.rpartition(':')[0]}:{folder.name}"


def trial_folder(runs: str, study: str, number: int) -> Path:
    """Find the folder of a trial's run, which may not be there; from a URL its files are fetched."""
    from nas_gan.store.mirror import fetch_run
    from nas_gan.store.remote_folder import is_url

    return fetch_run(runs, study, number) if is_url(runs) else Path(runs) / study / str(number)


def _find_trial_folder(study: str, which: str, storage: str, runs: str | None) -> Path:
    from nas_gan.runs.record import WEIGHTS_FILE
    from nas_gan.search.catalogue import read_one_trial
    from nas_gan.search.definition import load_study
    from nas_gan.search.places import find_runs
    from nas_gan.search.storage.damage import reading
    from nas_gan.search.storage.database import open_storage

    with reading(storage):
        loaded = load_study(open_storage(storage, create=False), study)
        trial = read_one_trial(loaded, which)
        there = runs or find_runs(loaded, storage)
    # A repeated architecture isn't trained twice: its weights are with the trial that was first.
    reused = trial.record.reused_from if trial.record else None
    number = trial.number if reused is None else reused
    folder = trial_folder(there, study, number)
    if not (folder / WEIGHTS_FILE).is_file():
        raise InputError(
            f"{folder}: no weights of trial {number}; give the folder of the `runs`, or train it again: "
            f"python -m nas_gan train {study}:{number} -o DIR"
        )
    return folder
