"""Trackio, whose dashboard `trackio show` reads from this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import trackio

from nas_gan.tracking.interface import Plain, Tracker


@final
class TrackioTracker(Tracker):
    """One run each, all in a project and a group."""

    def __init__(self, project: str, group: str) -> None:
        self._project, self._group = project, group
        self._runs: dict[str, Any] = {}

    def begin(self, run: str, hyperparameters: Mapping[str, Plain]) -> None:
        """Begin a run, or go on with that of the same name."""
        self._runs[run] = trackio.init(
            project=self._project,
            name=run,
            group=self._group,
            config=dict(hyperparameters),
            resume="allow",
            embed=False,
        )

    def log(self, run: str, images_seen: int, values: Mapping[str, float]) -> None:
        """Take losses or scores."""
        self._runs[run].log(dict(values), step=images_seen)

    def show(self, run: str, images_seen: int, picture: Path) -> None:
        """Take a grid of samples."""
        image = trackio.Image(str(picture), caption=f"{images_seen:,} images")
        self._runs[run].log({"samples": image}, step=images_seen)

    def end(self, run: str, state: str, reason: str) -> None:
        """End a run."""
        ended = self._runs.pop(run)
        ended.log({"ended": f"{state}: {reason}" if reason else state})
        ended.finish()

    def close(self) -> None:
        """End the runs that are left."""
        for run in list(self._runs):
            self.end(run, "interrupted", "")
