"""Comparing the folders of a study's runs with what its database says."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState

from nas_gan.errors import InputError
from nas_gan.study.catalogue import RECORD_ATTRIBUTE
from nas_gan.study.runs.record import (
    RECORD_FILE,
    WEIGHTS_FILE,
    RunRecord,
    load_record,
    parse_record,
    write_record,
)
from nas_gan.study.storage.artifacts import ARTIFACTS_FOLDER, linked_artifacts
from nas_gan.study.upkeep.problems import Problem

ORPHANS_FOLDER = "orphaned"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def find_orphaned_folders(study: str, trials: Sequence[FrozenTrial], folder: Path) -> Iterator[Problem]:
    """Folders of trials that the study doesn't have."""
    for path in _numbered(folder):
        if int(path.name) >= len(trials):
            said = f"has a folder, {path}, and isn't in the database"
            remedy = f"move it to {folder / ORPHANS_FOLDER}"
            yield Problem("orphan", study, int(path.name), said, remedy, _move_aside(path))


def find_strange_studies(known: Sequence[str], runs: Path) -> Iterator[Problem]:
    """Folders with runs of studies that the database doesn't have. They may be another database's: none is touched."""
    if not runs.is_dir():
        return
    for path in sorted(runs.iterdir()):
        if (
            path.is_dir()
            and path.name not in known
            and any((run / RECORD_FILE).exists() for run in _numbered(path))
        ):
            remedy = "name the database that has it with --storage, or remove the folder"
            yield Problem(
                "orphan", path.name, None, f"{path} holds runs, but there is no such study", remedy, None
            )


def find_damaged_records(study: str, trials: Sequence[FrozenTrial], folder: Path) -> Iterator[Problem]:
    """Records of finished trials that are missing, damaged, or not the database's, which counts."""
    for trial in trials:
        run = folder / str(trial.number)
        if trial.state not in FINISHED or not run.is_dir():
            continue
        try:
            record = _stored_record(trial)
        except InputError as error:
            yield Problem("record", study, trial.number, str(error), "train it again", None)
            continue
        if record is None:
            said = f"has no record in the database, and a folder {run}"
            yield Problem("record", study, trial.number, said, "keep the folder's, or remove it", None)
        elif record.reused_from is None and (said := _difference(record, run)):
            remedy = "write the database's record there"
            yield Problem("record", study, trial.number, said, remedy, _write_again(record, run))


def find_missing_weights(study: str, trials: Sequence[FrozenTrial], folder: Path) -> Iterator[Problem]:
    """Trained trials without the weights of their generator, or with a torn file."""
    for trial in trials:
        try:
            record = _stored_record(trial) if trial.state in FINISHED else None
        except InputError:
            continue  # told already
        if record is None or not record.rungs or record.reused_from is not None:
            continue
        path = folder / str(trial.number) / WEIGHTS_FILE
        if not _is_whole(path):
            said = f"{'a torn file' if path.exists() else 'no file'} {path}"
            remedy = f"python -m nas_gan train {study}:{trial.number} -o DIR"
            yield Problem("weights", study, trial.number, f"has {said}", remedy, None)


def find_missing_artifacts(study: str, trials: Sequence[FrozenTrial], runs: Path) -> Iterator[Problem]:
    """Pictures that the dashboard would look for in vain."""
    for trial in trials:
        if not trial.state.is_finished():
            continue
        for identity, name in linked_artifacts(trial).items():
            place = runs / ARTIFACTS_FOLDER / identity
            if place.is_file():
                continue
            picture = runs / study / str(trial.number) / name
            there = picture.is_file()
            remedy = f"copy {picture} there" if there else f"none: {picture} is missing too"
            repair = _copy(picture, place) if there else None
            yield Problem("artifact", study, trial.number, f"has lost its picture {place}", remedy, repair)


def _numbered(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name))


def _stored_record(trial: FrozenTrial) -> RunRecord | None:
    text = trial.user_attrs.get(RECORD_ATTRIBUTE)
    return parse_record(text, f"trial {trial.number}") if text else None


def _difference(record: RunRecord, run: Path) -> str:
    if not (run / RECORD_FILE).exists():
        return f"has no {run / RECORD_FILE}"
    try:
        there = load_record(run)
    except InputError:
        return f"has a damaged {run / RECORD_FILE}"
    return "" if there.to_json() == record.to_json() else f"has another record in {run} than in the database"


def _is_whole(path: Path) -> bool:
    """Whether a safetensors file has the size that its own header says."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, path.stat().st_size)))
    except (OSError, ValueError, struct.error):
        return False
    ends: list[int] = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return path.stat().st_size == 8 + int(length) + max(ends, default=0)


def _move_aside(path: Path) -> Callable[[], None]:
    def move() -> None:
        place = path.parent / ORPHANS_FOLDER / path.name
        place.parent.mkdir(exist_ok=True)
        later = 1
        while place.exists():
            later += 1
            place = place.with_name(f"{path.name}-{later}")
        path.rename(place)

    return move


def _write_again(record: RunRecord, run: Path) -> Callable[[], None]:
    def write() -> None:
        there = run / RECORD_FILE
        if there.exists():
            there.replace(run / f"before-{RECORD_FILE}")
        write_record(run, record)

    return write


def _copy(picture: Path, place: Path) -> Callable[[], None]:
    def copy() -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        shutil.copyfile(picture, beside)
        beside.replace(place)

    return copy
