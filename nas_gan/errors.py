"""Errors on a single line: the one that a user may see, which says what to do about it, and any other."""

from __future__ import annotations

import traceback
from pathlib import Path

LONGEST_MESSAGE = 600
HEAD, TAIL = 380, 200


class InputError(Exception):
    """Something the user gave can't be used; the command ends with exit code 2 and this one line.

    The text names the file, the place inside it, the value and the remedy. It holds no line break and nothing
    that a terminal would obey. Of one as long as the input that it quotes, the middle is left out.
    """

    def __init__(self, message: str) -> None:
        line = printable(" ".join(message.split()))
        super().__init__(line if len(line) <= LONGEST_MESSAGE else f"{line[:HEAD]} … {line[-TAIL:]}")


def printable(text: str) -> str:
    """Replace what a terminal would obey rather than show: names may come from files that others wrote."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def one_line(error: BaseException) -> str:
    """An error that nobody expected: its class, what it says, and the line that raised it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return " ".join(f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})".split())
