"""Where in a file something stands, so that every error can say so."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import final

from nas_gan.errors import InputError


@final
@dataclass(frozen=True)
class Spot:
    """A dotted path inside a file."""

    file: str
    path: str = ""

    def inside(self, key: str | int) -> Spot:
        """Return the spot one step further in."""
        return replace(self, path=f"{self.path}.{key}" if self.path else str(key))

    def error(self, problem: str) -> InputError:
        """Return what to raise for this spot; `problem` ends with the remedy."""
        return InputError(f"{self.file}: {self.path}: {problem}" if self.path else f"{self.file}: {problem}")


def did_you_mean(name: str, known: Iterable[str], otherwise: str, or_else: str = "") -> str:
    """Return a remedy for a name that isn't known: the known name most like it, else `otherwise`.

    `or_else`: what may be given in either case.
    """
    close = difflib.get_close_matches(name, sorted(known), n=1)
    if close:
        return f"did you mean {close[0]!r}?" + (f" If not, {or_else}" if or_else else "")
    return f"{otherwise}, or {or_else}" if or_else else otherwise
