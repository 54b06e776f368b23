"""What training asks of a discriminator's answer; any object with these two fields will do."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Verdict(Protocol):
    """A discriminator's answer on n images."""

    @property
    def score(self) -> Tensor:
        """Float `[n]`, unbounded, high for real."""

    @property
    def class_logits(self) -> Tensor | None:
        """Float `[n, classes]` from an auxiliary classifier, or None without one."""
