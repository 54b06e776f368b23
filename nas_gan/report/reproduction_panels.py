"""Line charts as plain data: panels with named lines, drawn elsewhere as a PNG or for a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#17becf")
COLUMNS = 3


@final
@dataclass(frozen=True)
class Line:
    """One line; `colour` is counted, and lines of one name and colour share an entry of the legend.

    `faint` lines are drawn thin and pale: those of single seeds behind their mean.
    """

    name: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    colour: int
    faint: bool = False


@final
@dataclass(frozen=True)
class Panel:
    """One chart. Points that aren't finite are left out."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]


def colour_of(line: Line) -> str:
    """The line's colour, `#rrggbb`."""
    return COLOURS[line.colour % len(COLOURS)]


def columns_of(panels: Sequence[Panel]) -> int:
    """How many panels stand beside each other."""
    return min(COLUMNS, len(panels))


def extent(values: Sequence[float]) -> tuple[float, float]:
    """The range of the finite values, a little wider; (0, 1) without any."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    margin = 0.04 * (high - low) or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers, 1, 2 or 5 times a power of ten apart, within low to high."""
    step = 10 ** math.floor(math.log10((high - low) / count))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= count)
    first = math.ceil(low / step)
    return [round(place * step, 12) for place in range(first, math.floor(high / step) + 1)]


def tick_text(value: float) -> str:
    """A tick as short as it can be: `0.5`, `200`, `20k`."""
    return f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{value:.4g}"
