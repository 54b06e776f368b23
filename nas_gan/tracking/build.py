"""The program that a user names."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from nas_gan.errors import InputError
from nas_gan.tracking.interface import Tracker

TrackerKind = Literal["tensorboard", "wandb", "mlflow", "trackio"]
PROJECT = "nas_gan"


def check_tracker(kind: str) -> None:
    """Raise InputError for a program that isn't known or isn't installed."""
    if kind not in get_args(TrackerKind):
        raise InputError(
            f"{kind}: not known; use one of {', '.join(get_args(TrackerKind))}", setting="log_to"
        )
    if find_spec(kind) is None:
        raise InputError(f'{kind}: isn\'t installed; pip install -e ".[{kind}]"', setting="log_to")


def build_tracker(kind: str, folder: Path, group: str) -> Tracker:
    """Open a program that is to follow the runs of a `group`, such as a study.

    What it keeps on this machine goes below `folder`, but for Trackio, which has a place of its own. Raises InputError
    for a program that isn't known or isn't installed.
    """
    check_tracker(kind)
    match kind:
        case "tensorboard":
            from nas_gan.tracking.tensorboard import TensorBoardTracker

            return TensorBoardTracker(folder / "tensorboard")
        case "wandb":
            from nas_gan.tracking.wandb import WandbTracker

            return WandbTracker(folder, PROJECT, group)
        case "mlflow":
            from nas_gan.tracking.mlflow import MlflowTracker

            return MlflowTracker(folder / "mlflow", group)
        case _:
            from nas_gan.tracking.trackio import TrackioTracker

            return TrackioTracker(PROJECT, group)
