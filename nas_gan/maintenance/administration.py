"""Renaming and deleting studies, with their folders."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import final

import optuna
from optuna.storages import RDBStorage
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from nas_gan.errors import InputError
from nas_gan.maintenance.zombies import database_time, look_for_unclaimed, why_left
from nas_gan.search.attendance import seats_of
from nas_gan.search.catalogue import queue_of
from nas_gan.search.definition import load_study
from nas_gan.search.places import open_runs
from nas_gan.search.storage.artifacts import ARTIFACTS_FOLDER, half_written_pictures, linked_artifacts
from nas_gan.search.storage.database import study_names
from nas_gan.search.storage.names import check_name
from nas_gan.search.storage.sharing import sharers
from nas_gan.store.mirror import forget_runs, rename_runs
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble, is_url


@final
@dataclass(frozen=True)
class Holdings:
    """What belongs to a study alone: trials in the database, files in the folder of its runs, and their bytes.

    `shared_with`: the databases of copies that use the same runs, which then aren't counted; empty without one.
    """

    trials: int
    folder: str
    files: int
    bytes: int
    shared_with: str


def change_name(storage: RDBStorage, old: str, new: str) -> None:
    """Give a study of the database another name, in one step; raises InputError if it is taken."""
    # Optuna has no way to do this; its own would be to copy and delete.
    statement = text("UPDATE studies SET study_name = :new WHERE study_name = :old")
    try:
        with storage.engine.begin() as connection:
            connection.execute(statement, {"old": old, "new": new})
    except IntegrityError:
        raise InputError(f"study {new!r} exists already; give another name") from None


def rename_study(storage: RDBStorage, old: str, new: str, runs: str | Path) -> None:
    """Rename a study and its folder of runs; raises InputError while trials of it are running, or where its folder
    can't be renamed. Either both have the new name afterwards, or none.
    """
    check_name(new)
    study = load_study(storage, old)
    if shared := sharers(study):
        raise InputError(
            f"study {old!r}: its runs are those of a copy in {shared[0]}, too; to give one of the two runs of its own: "
            f"python -m nas_gan studies copy {old} --to FILE --to-out DIR"
        )
    _check_nothing_runs(study, storage)
    if new in study_names(storage):
        raise InputError(f"study {new!r} exists already; give another name")
    place = open_runs(runs)
    has_folder = _check_folders(place, old, new)
    change_name(storage, old, new)
    try:
        if has_folder:
            place.move(old, new)
    except RemoteTrouble as trouble:
        change_name(storage, new, old)
        raise InputError(f"{trouble}; the study keeps its name") from None
    if is_url(place.url):
        rename_runs(place.url, old, new)


def find_holdings(storage: RDBStorage, study: optuna.Study, runs: str | Path) -> Holdings:
    """Return what would go with a study; raises InputError while trials are running, or if its runs can't be looked
    at.
    """
    _check_nothing_runs(study, storage)
    place = open_runs(runs)
    folder = place.within(study.study_name)
    trials, shared = study.get_trials(deepcopy=False), ", ".join(sharers(study))
    try:
        sizes = [] if shared else [*folder.names().values(), *study_artifacts(study, place).values()]
    except RemoteTrouble as trouble:
        raise InputError(str(trouble)) from None
    return Holdings(
        trials=len(trials),
        folder=folder.url,
        files=len(sizes),
        bytes=sum(sizes),
        shared_with=shared,
    )


def delete_study(storage: RDBStorage, name: str, runs: str | Path) -> None:
    """Delete a study, then its artifacts and its folder of runs, unless a copy uses them. Raises InputError while
    trials of it are running, or if its files can't be looked at, with nothing deleted; or if they can't be removed.
    """
    study, place = load_study(storage, name), open_runs(runs)
    _check_nothing_runs(study, storage)
    if sharers(study):
        remove_study(storage, study)
        return
    try:
        halves = half_written_pictures(study.get_trials(deepcopy=False), place)
        artifacts = [*study_artifacts(study, place), *chain.from_iterable(halves.values())]
    except RemoteTrouble as trouble:
        raise InputError(f"{trouble}; nothing was deleted") from None
    remove_study(storage, study)
    # Cut short from here on, this leaves files without a study, which `studies verify` finds in a folder.
    try:
        for artifact in artifacts:
            place.remove(artifact)
        place.within(name).clear()
    except RemoteTrouble as trouble:
        raise InputError(
            f"study {name!r} is deleted, but not all of its files: {trouble}; remove {place.address(name)}"
        ) from None
    if is_url(place.url):
        forget_runs(place.url, name)


def study_artifacts(study: optuna.Study, runs: RemoteFolder) -> dict[str, int]:
    """Return the pictures that belong to a study, by their names in `runs`, with their sizes in bytes."""
    kept = runs.within(ARTIFACTS_FOLDER).names()
    linked = (linked_artifacts(trial) for trial in study.get_trials(deepcopy=False))
    return {
        f"{ARTIFACTS_FOLDER}/{identity}": kept[identity]
        for identities in linked
        for identity in identities
        if identity in kept
    }


def _check_nothing_runs(study: optuna.Study, storage: RDBStorage) -> None:
    """Raise InputError while somebody is at a study, who would go on in one that isn't theirs."""
    seats, now = seats_of(study), database_time(storage)
    taken = [] if seats is None else [seat for seat in seats.leased() if not why_left(seat, now)]
    if taken:
        who = ", ".join(f"process {seat.owner.number} on {seat.owner.host}" for seat in taken if seat.owner)
        raise InputError(f"study {study.study_name!r}: a search or worker is at it ({who}); end it first")
    queue = queue_of(study)
    running = len(look_for_unclaimed(study, queue)) + (0 if queue is None else len(queue.leased()))
    if running:
        name = study.study_name
        raise InputError(
            f"study {name!r}: {running} of its trials are running; end its workers first, or, if there are none: "
            f"python -m nas_gan studies verify {name} --mend"
        )


def remove_study(storage: RDBStorage, study: optuna.Study) -> None:
    """Remove a study from its database: its jobs first, so that a worker that comes back finds nothing to change."""
    queue = queue_of(study)
    if queue is not None:
        queue.delete()
    optuna.delete_study(study_name=study.study_name, storage=storage)


def _check_folders(place: RemoteFolder, old: str, new: str) -> bool:
    """Say whether there is a folder to rename; raises InputError if that can't be done."""
    try:
        if place.exists(new):
            raise InputError(f"{place.address(new)}: exists already; give another name")
        has_folder = place.exists(old)
    except RemoteTrouble as trouble:
        raise InputError(f"{trouble}; the study keeps its name") from None
    if has_folder and not place.can_move:
        raise InputError(
            f"{place.address(old)}: its file system can't rename a folder; keep the name, or copy the study to one "
            f"that can: python -m nas_gan studies copy {old} --to-out DIR"
        )
    return has_folder
