"""The holes of a space as a small tree: holes that hang on an option stand below the choice they hang on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from nas_gan.space import HoleSummary

HOLE_HEADINGS = ("hole", "values")
CONDITION_WIDTH = 120


def hole_rows(holes: Iterable[HoleSummary]) -> list[tuple[str, str]]:
    """Return path and values of every hole, under HOLE_HEADINGS; a path below another goes on where that one ends.

    A condition is written out where the path doesn't tell it.
    """
    by_path = {hole.path: hole for hole in holes}
    below: dict[str, list[HoleSummary]] = {}
    for hole in by_path.values():
        below.setdefault(_parent(hole.path, by_path), []).append(hole)
    return _rows("", below, "")


def _rows(parent: str, below: dict[str, list[HoleSummary]], indent: str) -> list[tuple[str, str]]:
    rows = []
    for hole in below.get(parent, []):
        condition = "" if parent or not hole.condition else f"\nif {_shortened(hole.condition)}"
        rows.append((indent + hole.path.removeprefix(parent), hole.values + condition))
        rows += _rows(hole.path, below, indent + "  ")
    return rows


def _parent(path: str, paths: Iterable[str]) -> str:
    """Return the nearest choice that this path goes through: `connect` for `connect[dense].growth`; "" for none."""
    return max((other for other in paths if path.startswith(f"{other}[")), key=len, default="")


def _shortened(condition: str) -> str:
    return textwrap.shorten(condition, CONDITION_WIDTH, placeholder=" …")
