"""Copying a study whole from one database to another, with its runs and artifacts."""

from __future__ import annotations

import json
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nas_gan.errors import InputError
from nas_gan.jobs.queue import read_rows, write_copies
from nas_gan.maintenance.administration import change_name, remove_study, study_artifacts
from nas_gan.search.definition import STORED_SETTINGS, load_study
from nas_gan.search.places import is_same_place, open_runs, stored_address
from nas_gan.search.storage.database import creation_lock, masked_url, open_storage, study_names
from nas_gan.search.storage.names import passing_name
from nas_gan.search.storage.sharing import address_of, mark_copy, sharers, tell_of_copy
from nas_gan.search.trials import IDENTITY, identity_of
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble

ATTEMPTS = 3


@final
@dataclass(frozen=True)
class Copied:
    """What a copy came to. `running`: trials that were being trained meanwhile, which nobody trains in the copy."""

    trials: int
    running: int
    files: int


def copy_study(
    name: str,
    source: RDBStorage,
    target: RDBStorage,
    source_runs: str | Path,
    target_runs: str | Path,
) -> Copied:
    """Copy a study: all of its trials under their numbers, its folder of runs, and its artifacts.

    Where the runs of both are in one place, no file is copied, and the copy is the one that goes on with them. The
    study appears in the target when everything is there; a copy that was cut short is begun again. Raises InputError
    if the target has such a study, or other files in its place, if files can't be copied, or if another study that
    uses the runs can't be told of this one.
    """
    study, origin, place = load_study(source, name), open_runs(source_runs), open_runs(target_runs)
    known = study_names(target)
    if name in known:
        raise InputError(
            f"study {name!r} is in {masked_url(target.url)} already; rename or delete one of the two first"
        )
    is_moved = not is_same_place(origin, place)
    addresses = [] if is_moved else sharers(study)
    others = [load_study(open_storage(address, create=False), name) for address in addresses]
    older = [] if is_moved else [*addresses, address_of(source)]
    try:
        if is_moved and passing_name(name) not in known:
            _check_nothing_in_the_way(study, origin, place)
        # Files come after the trials, so that of a trial that ends meanwhile no file is missing.
        with creation_lock(target):
            copied = _copy_trials(study, source, target, stored_address(place) if is_moved else None, older)
        files = _copy_files(study, origin, place) if is_moved else 0
    except RemoteTrouble as trouble:
        raise InputError(f"{trouble}; the same command begins the copy again") from None
    if not is_moved:
        for other in (study, *others):
            tell_of_copy(other, target)
    change_name(target, passing_name(name), name)
    return Copied(len(copied), sum(trial.state is TrialState.RUNNING for trial in copied), files)


def trial_facts(trial: FrozenTrial) -> str:
    """Return all that is stored of a trial, as text that is the same for the same trial."""
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
    study: optuna.Study, source: RDBStorage, target: RDBStorage, out: str | None, older: list[str]
) -> list[FrozenTrial]:
    """Copy what is in the database. `out`: where workers of the copy are to leave runs, if that is another place.

    `older`: the databases that share its runs.
    """
    name, passing = study.study_name, passing_name(study.study_name)
    if passing in study_names(target):
        remove_study(target, optuna.load_study(study_name=passing, storage=target))
    jobs = read_rows(source.engine, identity_of(study)) if IDENTITY in study.user_attrs else None
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    optuna.copy_study(from_study_name=name, from_storage=source, to_storage=target, to_study_name=passing)
    copy = optuna.load_study(study_name=passing, storage=target)
    if jobs is not None:
        _give_jobs(copy, target, jobs)
    mark_copy(copy, older)
    if out is not None and STORED_SETTINGS in copy.user_attrs:
        copy.set_user_attr(STORED_SETTINGS, copy.user_attrs[STORED_SETTINGS] | {"out": out})
    copied = copy.get_trials(deepcopy=False)
    for trial in finished:
        if trial_facts(trial) != trial_facts(copied[trial.number]):
            raise RuntimeError(f"trial {trial.number} of {name!r} isn't the same in {masked_url(target.url)}")
    return copied


def _give_jobs(copy: optuna.Study, target: RDBStorage, jobs: list[dict[str, Any]]) -> None:
    """Give the copy an identity and jobs of its own. What has ended since the jobs were read is told of in Optuna."""
    copy.set_user_attr(IDENTITY, uuid.uuid4().hex)
    ended = {trial.number for trial in copy.get_trials(deepcopy=False) if trial.state.is_finished()}
    left = [
        job for job in jobs if job["number"] not in ended or job["state"] in ("done", "failed", "rejected")
    ]
    write_copies(target.engine, identity_of(copy), left)


def _check_nothing_in_the_way(study: optuna.Study, source: RemoteFolder, target: RemoteFolder) -> None:
    """Raise InputError if the target has other files where the copy's are to be."""
    sizes, there = _files(study, source), _files(study, target)
    for name in sorted(sizes.keys() & there.keys()):
        if sizes[name] != there[name] or source.read(name) != target.read(name):
            raise InputError(
                f"{target.address(name)}: there is another file of this name already; give another `to_out`"
            )


def _copy_files(study: optuna.Study, source: RemoteFolder, target: RemoteFolder) -> int:
    """Copy what the target doesn't have, or not as it is in the source; say how many files that were."""
    there = _files(study, target)
    return sum(_copy_file(source, target, name, there.get(name)) for name in _files(study, source))


def _files(study: optuna.Study, runs: RemoteFolder) -> dict[str, int]:
    of_runs = runs.within(study.study_name).names()
    return {f"{study.study_name}/{name}": size for name, size in of_runs.items()} | study_artifacts(
        study, runs
    )


def _copy_file(source: RemoteFolder, target: RemoteFolder, name: str, size_there: int | None) -> bool:
    """Copy a file if it is another than the target's of `size_there` bytes; say whether that was so."""
    attempts = ATTEMPTS
    while True:
        try:
            return _bring(source, target, name, size_there)
        except (RemoteTrouble, FileNotFoundError):
            # A worker may just be replacing it, or have removed it.
            attempts -= 1
            if not source.exists(name):
                return False
            if not attempts:
                raise


def _bring(source: RemoteFolder, target: RemoteFolder, name: str, size_there: int | None) -> bool:
    if source.local is not None and size_there is None:
        target.put(source.local / name, name)
        return True
    content = source.read(name)
    if size_there == len(content) and target.read(name) == content:
        return False
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "file"
        path.write_bytes(content)
        target.put(path, name)
    return True
