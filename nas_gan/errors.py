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

    `setting` is the argument that can't be used, by its name in Python; the line begins with it. `problem` is what
    comes after. The command line puts its own name of the option in front instead.
    """

    def __init__(self, message: str, setting: str | None = None) -> None:
        line = printable(" ".join(message.split()))
        self.setting = setting
        self.problem = line if len(line) <= LONGEST_MESSAGE else f"{line[:HEAD]} … {line[-TAIL:]}"
        super().__init__(f"{setting} {self.problem}" if setting else self.problem)


def printable(text: str) -> str:
    """Replace what a terminal would obey rather than show: names may come from files that others wrote."""
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def is_text(name: str) -> bool:
    """Say whether a name is UTF-8: of a file's that isn't, Python keeps the bytes as characters that are none."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


def one_line(error: BaseException) -> str:
    """Return an error that nobody expected: its class, what it says, and the line that raised it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return " ".join(f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})".split())
