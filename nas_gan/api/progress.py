"""One line that is written over again while something runs: on a terminal, and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from nas_gan.api.events import Message

T = TypeVar("T")
CLEAR = "\r\x1b[K"


def choose_callback(progress: Callable[[T], object] | bool, passing: type) -> Callable[[T], object]:
    """Return what is told events: the caller's function; a line on the terminal or in the notebook; or nobody.

    Events of the class `passing` are written over by the next one, others stay.
    """
    if callable(progress):
        return progress
    return _line_for(passing) if progress and _somebody_looks() else _ignore


def announcing(progress: Callable[[Message], object] | bool) -> Callable[[str], None]:
    """Return what turns lines into messages for `progress`."""
    tell = choose_callback(progress, type(None))

    def announce(text: str) -> None:
        tell(Message(text))

    return announce


def _line_for(passing: type) -> Callable[[object], None]:
    def write(event: object) -> None:
        sys.stderr.write(f"{CLEAR}{event}" + ("" if isinstance(event, passing) else "\n"))
        sys.stderr.flush()

    return write


def _somebody_looks() -> bool:
    """Say whether standard error is a terminal, or a notebook's cell."""
    return sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules)


def _ignore(event: object) -> None:
    del event
