"""Where the runs of a study are: in a folder of this machine or at a URL, both looked after in the same way."""

from __future__ import annotations

from pathlib import Path

import optuna
from fsspec.implementations.local import LocalFileSystem

from nas_gan.search.ingredients import stored_out
from nas_gan.store.address import database_folder
from nas_gan.store.remote_folder import RemoteFolder, is_url, open_remote


def runs_beside(storage: str) -> Path:
    """Say where a search leaves its runs unless it is told: beside the database's file, or in `runs`."""
    return database_folder(storage) or Path("runs")


def find_runs(study: optuna.Study, storage: str) -> str:
    """Return the folder or URL that has a study's runs: what lies beside its database's file, or what is stored with
    it.

    The first comes first: a folder that was copied, or moved, with its database says where the original's runs are.
    """
    beside, out = runs_beside(storage), stored_out(study)
    if out is None:
        return str(beside)
    if is_url(out):
        return out
    is_beside = database_folder(storage) is not None and (beside / study.study_name).is_dir()
    return str(beside) if is_beside or not (Path(out) / study.study_name).is_dir() else out


def copy_place(runs: str, target: str) -> str:
    """Say where the runs of a study's copy go unless that is told: beside the file of the database `target`.

    For a server, and where they are at a URL, they stay where they are.
    """
    beside = database_folder(target)
    return runs if beside is None or is_url(runs) else str(beside)


def open_runs(runs: str | Path) -> RemoteFolder:
    """Return a folder or URL, on the file system that it is on; raises InputError for a URL that leads nowhere."""
    if isinstance(runs, str) and is_url(runs):
        return open_remote(runs)
    return RemoteFolder(str(runs), LocalFileSystem(), str(Path(runs).resolve()))


def is_same_place(one: RemoteFolder, other: RemoteFolder) -> bool:
    """Say whether two names are of one folder."""
    if one.local is not None and other.local is not None:
        return one.local.resolve() == other.local.resolve()
    return bool(one.system == other.system) and one.root == other.root


def stored_address(place: RemoteFolder) -> str:
    """Return what is to be stored with a study, for workers that run elsewhere."""
    return place.url if is_url(place.url) else place.root
