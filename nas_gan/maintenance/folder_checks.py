"""Comparing the folders of a study's runs with what its database says.

`folder` is the study's, on whatever file system; `files` are the sizes of the files in it, by their names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState

from nas_gan.errors import InputError
from nas_gan.maintenance.problems import Problem, remove_files
from nas_gan.maintenance.tensor_files import has_whole_size
from nas_gan.runs.record import RECORD_FILE, WEIGHTS_FILE, RunRecord, parse_record, write_record
from nas_gan.search.places import open_runs
from nas_gan.search.storage.artifacts import ARTIFACTS_FOLDER, half_written_pictures, linked_artifacts
from nas_gan.search.trials import RECORD
from nas_gan.store.remote_folder import RemoteFolder

ORPHANS_FOLDER = "orphaned"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def run_folders(folder: RemoteFolder) -> list[int]:
    """Return the numbers of the trials that have a folder."""
    return sorted(int(name) for name in folder.folders() if name.isdecimal())


def find_orphaned_folders(
    study: str, trials: Sequence[FrozenTrial], folder: RemoteFolder, numbers: Sequence[int]
) -> Iterator[Problem]:
    """Return folders of trials that the study doesn't have; `trials` have to be read after `numbers`."""
    for number in numbers:
        if number < len(trials):
            continue
        said = f"has a folder, {folder.address(str(number))}, and isn't in the database"
        remedy = f"move it to {folder.address(ORPHANS_FOLDER)}"
        if not folder.can_move:
            remedy = "remove it, or keep it (its file system can't move it aside)"
        repair = _move_aside(folder, str(number)) if folder.can_move else None
        yield Problem("orphan", study, number, said, remedy, repair)


def find_strange_studies(known: Sequence[str], runs: str | Path) -> Iterator[Problem]:
    """Return folders with runs of studies that the database doesn't have. They may be another database's: none is
    touched.
    """
    place = open_runs(runs)
    for name in place.folders():
        folder = place.within(name)
        if name not in known and any(
            folder.exists(f"{number}/{RECORD_FILE}") for number in run_folders(folder)
        ):
            said = f"{folder.url} holds runs, but there is no such study"
            remedy = "name the database that has it as `storage`, or remove the folder"
            yield Problem("orphan", name, None, said, remedy, None)


def find_damaged_records(
    study: str, trials: Sequence[FrozenTrial], folder: RemoteFolder, files: Mapping[str, int]
) -> Iterator[Problem]:
    """Return records of finished trials that are missing, damaged, or not the database's, which counts."""
    with_files = {name.partition("/")[0] for name in files}
    for trial in trials:
        if trial.state not in FINISHED or str(trial.number) not in with_files:
            continue
        try:
            record = _stored_record(trial)
        except InputError as error:
            yield Problem("record", study, trial.number, str(error), "train it again", None)
            continue
        if record is None:
            said = f"has no record in the database, and a folder {folder.address(str(trial.number))}"
            yield Problem("record", study, trial.number, said, "keep the folder's, or remove it", None)
        elif record.reused_from is None and (said := _difference(record, folder, trial.number, files)):
            repair = _write_again(record, folder.within(str(trial.number)))
            yield Problem("record", study, trial.number, said, "write the database's record there", repair)


def find_missing_weights(
    study: str, trials: Sequence[FrozenTrial], folder: RemoteFolder, files: Mapping[str, int]
) -> Iterator[Problem]:
    """Return trained trials without the weights of their generator, or with a torn file."""
    for trial in trials:
        try:
            record = _stored_record(trial) if trial.state in FINISHED else None
        except InputError:
            continue  # told already
        if record is None or not record.rungs or record.reused_from is not None:
            continue
        name = f"{trial.number}/{WEIGHTS_FILE}"
        if name not in files or not has_whole_size(folder, name, files[name]):
            said = f"has {'a torn file' if name in files else 'no file'} {folder.address(name)}"
            remedy = f"python -m nas_gan train {study}:{trial.number} --images {record.rungs[-1].images_seen} -o DIR"
            yield Problem("weights", study, trial.number, said, remedy, None)


def find_missing_artifacts(
    study: str, trials: Sequence[FrozenTrial], runs: RemoteFolder, files: Mapping[str, int]
) -> Iterator[Problem]:
    """Return pictures that the dashboard would look for in vain."""
    kept = runs.within(ARTIFACTS_FOLDER).names()
    for trial in trials:
        if not trial.state.is_finished():
            continue
        for identity, name in linked_artifacts(trial).items():
            if identity in kept:
                continue
            place, picture = f"{ARTIFACTS_FOLDER}/{identity}", f"{study}/{trial.number}/{name}"
            there = f"{trial.number}/{name}" in files
            said = f"has lost its picture {runs.address(place)}"
            shown = runs.address(picture)
            remedy = f"copy {shown} there" if there else f"none: {shown} is missing too"
            repair = _copy(runs, picture, place) if there else None
            yield Problem("artifact", study, trial.number, said, remedy, repair)


def find_left_pictures(study: str, trials: Sequence[FrozenTrial], runs: RemoteFolder) -> Iterator[Problem]:
    """Return half-written pictures of trials that have ended: a worker was killed in the middle of one."""
    ended = [trial for trial in trials if trial.state.is_finished()]
    for number, names in half_written_pictures(ended, runs).items():
        said = f"has ended, and {runs.address(ARTIFACTS_FOLDER)} still has a half-written picture of it"
        yield Problem(
            "artifact", study, number, said, "remove what is left", partial(remove_files, runs, names)
        )


def _stored_record(trial: FrozenTrial) -> RunRecord | None:
    text = trial.user_attrs.get(RECORD)
    return parse_record(text, f"trial {trial.number}") if text else None


def _difference(record: RunRecord, folder: RemoteFolder, number: int, files: Mapping[str, int]) -> str:
    name = f"{number}/{RECORD_FILE}"
    if name not in files:
        return f"has no {folder.address(name)}"
    try:
        there = parse_record(folder.read(name).decode(), folder.address(name))
    except (InputError, UnicodeDecodeError):
        return f"has a damaged {folder.address(name)}"
    if there.to_json() == record.to_json():
        return ""
    return f"has another record in {folder.address(str(number))} than in the database"


def _move_aside(folder: RemoteFolder, name: str) -> Callable[[], None]:
    def move() -> None:
        place, later = f"{ORPHANS_FOLDER}/{name}", 1
        while folder.exists(place):
            later += 1
            place = f"{ORPHANS_FOLDER}/{name}-{later}"
        folder.move(name, place)

    return move


def _write_again(record: RunRecord, run: RemoteFolder) -> Callable[[], None]:
    def write() -> None:
        with tempfile.TemporaryDirectory() as scratch:
            write_record(Path(scratch), record)
            if run.exists(RECORD_FILE):
                run.remove(f"before-{RECORD_FILE}")
                run.move(RECORD_FILE, f"before-{RECORD_FILE}")
            for path in sorted(Path(scratch).iterdir()):
                run.put(path, path.name)

    return write


def _copy(runs: RemoteFolder, picture: str, place: str) -> Callable[[], None]:
    def copy() -> None:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "picture"
            path.write_bytes(runs.read(picture))
            runs.put(path, place)

    return copy
