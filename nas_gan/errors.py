"""Errors on a single line: the one that a user may see, which says what to do about it, and any other."""

from __future__ import annotations

import traceback
from pathlib import Path


class InputError(Exception):
    """Something the user gave can't be used; the command ends with exit code 2 and this one line.

    The text names the file, the place inside it, the value and the remedy. It holds no line break.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def one_line(error: BaseException) -> str:
    """An error that nobody expected: its class, what it says, and the line that raised it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return " ".join(f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})".split())
