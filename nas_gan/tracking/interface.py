"""What a program that follows runs is told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

Plain = str | int | float | bool
"""What a hyperparameter may be."""


class Tracker(ABC):
    """Follows runs, each by its name. A run may be begun again after it was ended: it then goes on."""

    @abstractmethod
    def begin(self, run: str, hyperparameters: Mapping[str, Plain]) -> None:
        """Begin a run, or go on with it."""

    @abstractmethod
    def log(self, run: str, images_seen: int, values: Mapping[str, float]) -> None:
        """Take losses or scores after so many images; all are finite."""

    @abstractmethod
    def show(self, run: str, images_seen: int, picture: Path) -> None:
        """Take a grid of samples, a PNG."""

    @abstractmethod
    def end(self, run: str, state: str, reason: str) -> None:
        """End a run: complete, pruned, paused, interrupted, failed."""

    @abstractmethod
    def close(self) -> None:
        """Write what isn't written yet, and end the runs that are left."""
