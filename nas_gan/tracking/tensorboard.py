"""TensorBoard: a folder of event files a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import final

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

from nas_gan.tracking.interface import Plain, Tracker


@final
class TensorBoardTracker(Tracker):
    """Writes below a folder; `tensorboard --logdir FOLDER` shows it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, SummaryWriter] = {}

    def begin(self, run: str, hyperparameters: Mapping[str, Plain]) -> None:
        """Begin a run; its hyperparameters are a table among its texts."""
        writer = SummaryWriter(str(self._folder / run))
        rows = "".join(f"| `{name}` | `{value}` |\n" for name, value in hyperparameters.items())
        writer.add_text("hyperparameters", f"| name | value |\n|---|---|\n{rows}")
        self._writers[run] = writer

    def log(self, run: str, images_seen: int, values: Mapping[str, float]) -> None:
        """Take losses or scores."""
        for name, value in values.items():
            self._writers[run].add_scalar(name, value, images_seen)

    def show(self, run: str, images_seen: int, picture: Path) -> None:
        """Take a grid of samples."""
        with Image.open(picture) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        self._writers[run].add_image("samples", pixels, images_seen, dataformats="HWC")

    def end(self, run: str, state: str, reason: str) -> None:
        """End a run."""
        writer = self._writers.pop(run)
        writer.add_text("ended", f"{state}: {reason}" if reason else state)
        writer.close()

    def close(self) -> None:
        """Close all files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
