"""Weights & Biases; WANDB_MODE=offline keeps everything on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import wandb

from nas_gan.tracking.interface import Plain, Tracker

FAILED_STATES = ("failed", "fail")


@final
class WandbTracker(Tracker):
    """One run each, all in a project and a group."""

    def __init__(self, folder: Path, project: str, group: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._project, self._group = folder, project, group
        self._runs: dict[str, Any] = {}

    def begin(self, run: str, hyperparameters: Mapping[str, Plain]) -> None:
        """Begin a run, or go on with it: its identity follows from its name and place."""
        identity = hashlib.sha256(f"{self._folder.resolve()} {run}".encode()).hexdigest()[:16]
        self._runs[run] = wandb.init(
            project=self._project,
            group=self._group,
            name=run,
            id=identity,
            resume="allow",
            reinit="create_new",
            dir=self._folder,
            config=dict(hyperparameters),
            settings=wandb.Settings(silent=True, console="off"),
        )
        self._runs[run].define_metric("*", step_metric="images_seen")

    def log(self, run: str, images_seen: int, values: Mapping[str, float]) -> None:
        """Take losses or scores."""
        self._runs[run].log({**values, "images_seen": images_seen})

    def show(self, run: str, images_seen: int, picture: Path) -> None:
        """Take a grid of samples."""
        self._runs[run].log({"samples": wandb.Image(str(picture)), "images_seen": images_seen})

    def end(self, run: str, state: str, reason: str) -> None:
        """End a run."""
        ended = self._runs.pop(run)
        ended.summary.update({"state": state, "reason": reason})
        ended.finish(exit_code=int(state in FAILED_STATES))

    def close(self) -> None:
        """End the runs that are left."""
        for run in list(self._runs):
            self.end(run, "interrupted", "")
