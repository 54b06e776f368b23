"""The last two checkpoints of a run, in its folder."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import final

from nas_gan.files import remove_half_written
from nas_gan.runs.run_state import precision_of
from nas_gan.training import Precision
from nas_gan.training.checkpoint import DamagedCheckpoint, read_checkpoint, write_checkpoint
from nas_gan.training.state import State

INTERVAL_SECONDS = 120.0
KEPT = 2
"""The second is for the case that the first turns out to be damaged."""

NAME = re.compile(r"checkpoint-(\d+)\.safetensors")


@final
class Checkpoints:
    """Files `checkpoint-<images seen>.safetensors`. What goes wrong with one is a line to `announce`, and no more.

    Between two of them `interval_seconds` pass at least, but for those at scorings and at interruptions.
    Nothing is made on disk before the first is written.
    """

    def __init__(
        self, folder: Path, announce: Callable[[str], None], interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        self.announce = announce
        self._folder = folder
        self._interval_seconds = interval_seconds
        self._last_written = time.monotonic()

    @property
    def are_due(self) -> bool:
        """Whether the interval has passed since the last attempt to write one."""
        return time.monotonic() - self._last_written >= self._interval_seconds

    def write(self, state: State, images_seen: int) -> None:
        """Write one, and remove all but it and the one before it.

        On a full disk, or where the folder can't be written, it says so; the ones there are stay as they are.
        """
        path = self._folder / f"checkpoint-{images_seen}.safetensors"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_checkpoint(path, state)
            self._remove_all_but_last(images_seen)
        except OSError as error:
            self.announce(
                f"{path}: can't be written ({error.strerror}); training goes on, from the checkpoint before it "
                "if this process ends"
            )
        self._last_written = time.monotonic()

    @property
    def exist(self) -> bool:
        """Whether there is any, whole or not."""
        return bool(self._found())

    def newest(self) -> tuple[Path, State] | None:
        """Return the newest that is whole, and where it lies; None without any. Says which are not, and why.

        The run is this process's by now: half-written files in its folder, of whatever kind, are removed.
        """
        remove_half_written(self._folder)
        found = self._found()
        for _, path in reversed(found):
            try:
                return path, read_checkpoint(path)
            except DamagedCheckpoint as damage:
                self.announce(f"{path}: {damage}; left alone, and the one before it looked at")
        kinds = "no checkpoint that is whole" if found else "no checkpoint"
        self.announce(f"{self._folder}: {kinds}; starts from zero")
        return None

    def read_precision(self) -> Precision | None:
        """Return what the run of the newest that is whole computes in; None without any."""
        for _, path in reversed(self._found()):
            with contextlib.suppress(DamagedCheckpoint, ValueError, KeyError):
                return precision_of(read_checkpoint(path))
        return None

    def remove(self) -> None:
        """Remove all, as nothing is left to go on with, and half-written files of whatever kind."""
        for _, path in self._found():
            with contextlib.suppress(OSError):
                path.unlink()
        remove_half_written(self._folder)

    def _found(self) -> list[tuple[int, Path]]:
        """Return images seen and paths, ascending."""
        try:
            names = [(NAME.fullmatch(path.name), path) for path in self._folder.iterdir()]
        except OSError:
            return []
        return sorted((int(match[1]), path) for match, path in names if match)

    def _remove_all_but_last(self, images_seen: int) -> None:
        # Those with more images are damaged, or a run's that has begun again since.
        kept = [path for images, path in self._found() if images <= images_seen][-KEPT:]
        for _, path in self._found():
            if path not in kept:
                path.unlink()
