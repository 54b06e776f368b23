"""The folder of a generator's weights, as a user names it: a run's, a bundle's, or STUDY:TRIAL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nas_gan.errors import InputError

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder, a bundle, or STUDY:TRIAL (STUDY:best).")
]
RunsFolderOption = Annotated[
    Path | None, typer.Option(help="Folder with the studies' runs. [default: the database's folder]")
]


def find_folder(name: str, storage: str, runs: Path | None) -> Path:
    """The folder that a user named; raises InputError if there is none, or no weights of the trial."""
    path = Path(name)
    study, colon, trial = name.rpartition(":")
    if path.exists() or not colon or not study:
        if not path.is_dir():
            raise InputError(
                f"{name}: no such folder; give a run's folder, a bundle, or STUDY:TRIAL such as "
                "resdense-mnist5k:best"
            )
        return path
    return find_trial_folder(study, trial, storage, runs or runs_beside(storage))[0]


def find_trial_folder(study: str, which: str, storage: str, runs: Path) -> tuple[Path, int]:
    """The folder with the weights of a trial (a number, or `best`), and the trial's number."""
    from nas_gan.study.catalogue import read_one_trial
    from nas_gan.study.definition import load_study
    from nas_gan.study.runs.mirror import fetch_run
    from nas_gan.study.runs.record import WEIGHTS_FILE
    from nas_gan.study.settings import stored_out
    from nas_gan.study.storage.database import open_storage
    from nas_gan.study.storage.remote_folder import is_url

    loaded = load_study(open_storage(storage, create=False), study)
    trial = read_one_trial(loaded, which)
    # A repeated architecture isn't trained twice: its weights are with the trial that was first.
    reused = trial.record.reused_from if trial.record else None
    number = trial.number if reused is None else reused
    folder = runs / study / str(number)
    out = stored_out(loaded)
    if not folder.exists() and out is not None and is_url(out):
        folder = fetch_run(out, study, number)
    if not (folder / WEIGHTS_FILE).is_file():
        raise InputError(
            f"{folder}: no weights of trial {number}; give the folder of the runs with --out, or train it again: "
            f"python -m nas_gan train {study}:{number} -o DIR"
        )
    return folder, number


def runs_beside(storage: str) -> Path:
    """Where a search leaves its runs unless it is told: beside the database's file, or in `runs`."""
    return Path("runs") if "://" in storage else Path(storage).parent
