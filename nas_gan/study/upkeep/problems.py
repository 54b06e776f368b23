"""What `studies verify` finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

ProblemKind = Literal[
    "undelivered", "zombie", "place", "checkpoint", "orphan", "record", "weights", "artifact"
]


@final
@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `text` follows "study NAME: trial 3 …"; `trial` is None for what is no trial's.

    `remedy` is what mending does, or, where `mend` is None, what is left to the user.
    """

    kind: ProblemKind
    study: str
    trial: int | None
    text: str
    remedy: str
    mend: Callable[[], None] | None
