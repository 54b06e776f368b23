"""The one error a user may see: a single line that says what is wrong and what to do about it."""

from __future__ import annotations


class InputError(Exception):
    """Something the user gave can't be used; the command ends with exit code 2 and this one line.

    The text names the file, the place inside it, the value and the remedy. It holds no line break.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
