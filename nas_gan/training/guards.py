"""When to give up: signs that a run will come to nothing, each with the line that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from nas_gan.training.curves import CurvePoint


class Diverged(Exception):  # noqa: N818 - an outcome of training to be recorded, not a mistake of the program
    """Training has failed for good; `reason` is one readable line, `images_seen` says when."""

    def __init__(self, reason: str, images_seen: int) -> None:
        super().__init__(reason, images_seen)
        self.reason = reason
        self.images_seen = images_seen

    def __str__(self) -> str:
        return f"{self.reason} (after {self.images_seen:,} images)"
