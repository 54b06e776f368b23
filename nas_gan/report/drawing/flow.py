"""Where the operations of a part stand: in rows that fold where they are too long, with shortcuts and dense links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

from nas_gan.report.drawing.rows import Chip, Part, Row

CARD = 344
"""Width of a part, in the units of the drawing, which are CSS pixels at its own size."""
TITLE = 26
LINE = 24
CHIP = 18
PADDING = 12
CHANNELS = 40
LINKS = 20
ARCH = 13
LETTER = 6.5
BETWEEN = 7
ROUND = 14


@final
@dataclass(frozen=True)
class Placed:
    """An operation, or the sign of an addition where `chip` is None, at its upper left corner."""

    chip: Chip | None
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        """Height of its middle."""
        return self.y + CHIP / 2


@final
@dataclass(frozen=True)
class PlacedRow:
    """A row of operations, and where it lies. `arch`: height of its shortcut's line, None without one."""

    row: Row
    items: tuple[Placed, ...]
    arch: float | None
    right: float

    @property
    def sign(self) -> Placed | None:
        """The sign of the addition, if there is one."""
        return next((item for item in self.items if item.chip is None), None)


@final
@dataclass(frozen=True)
class PlacedPart:
    """A part as it is drawn, from its own upper left corner."""

    part: Part
    rows: tuple[PlacedRow, ...]
    height: float


def place_part(part: Part) -> PlacedPart:
    """Lay out a part's rows below its title."""
    dense = any(row.takes_all for row in part.rows)
    left, right = PADDING + (LINKS if dense else 0), CARD - CHANNELS
    y, placed = float(TITLE), []
    for row in part.rows:
        arched = row.shortcut is not None
        y += ARCH if arched else 0
        items = tuple(_flow(row, left + (8 if arched else 0), right, y))
        placed.append(PlacedRow(row, items, y - ARCH + 4 if arched else None, right))
        y = max((item.y for item in items), default=y) + LINE
    return PlacedPart(part, tuple(placed), y + 4)


def width_of(text: str) -> float:
    """Estimate a text's width on a chip; fonts differ, and a chip has room on both sides."""
    return len(text) * LETTER + 12


def _flow(row: Row, left: float, right: float, y: float) -> Iterator[Placed]:
    chips: list[Chip | None] = [*row.chips, *((None,) if row.shortcut is not None else ()), *row.after]
    x = left
    for chip in chips:
        width = ROUND if chip is None else width_of(chip.text)
        if x > left and x + width > right:
            x, y = left, y + LINE
        yield Placed(chip, x, y, width)
        x += width + BETWEEN
