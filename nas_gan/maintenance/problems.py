"""What `studies verify` finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, final

from nas_gan.store.remote_folder import RemoteFolder

ProblemKind = Literal[
    "database", "undelivered", "zombie", "place", "checkpoint", "orphan", "record", "weights", "artifact"
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


def remove_files(folder: RemoteFolder, names: Sequence[str]) -> None:
    """Mend what is there and isn't to be."""
    for name in names:
        folder.remove(name)
