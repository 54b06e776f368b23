"""Charts as PNG, drawn by matplotlib (the extra `charts`): panels of lines, and parallel coordinates."""

from __future__ import annotations

import importlib.util
import io
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from nas_gan.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#17becf")
DPI = 100
INK, GRID = "#333333", "#e6e6e6"

COLUMNS = 3
PANEL_WIDTH, PANEL_HEIGHT = 320, 240  # pixels
LEGEND_LINE, LEGEND_COLUMNS = 18, 2  # pixels; entries below a panel's width

AXIS_WIDTH, PARALLEL_HEIGHT = 150, 380  # pixels
TOP, BOTTOM, LEFT = 46, 16, 90
MOST_TICKS = 8
ABSENT = "–"
GOOD, POOR = (0.12, 0.28, 0.71), (0.88, 0.88, 0.88)


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


@final
@dataclass(frozen=True)
class Axis:
    """An axis of parallel coordinates: the place of each trial on it, and its ticks with their names.

    `low` to `high` is shown.
    """

    label: str
    values: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]
    low: float
    high: float


def check_charts() -> None:
    """Raise InputError where charts can't be drawn, before anything takes long."""
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("charts need matplotlib: pip install -e '.[charts]'")


def colour_of(line: Line) -> str:
    """Return the line's colour, `#rrggbb`."""
    return COLOURS[line.colour % len(COLOURS)]


def panels_png(panels: Sequence[Panel]) -> bytes:
    """Draw panels, up to three in a row, with one legend below for all of them."""
    from matplotlib.lines import Line2D

    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    lines = [line for panel in panels for line in panel.lines if line.name]
    named = list(dict.fromkeys((line.name, colour_of(line)) for line in lines))
    beside = columns * LEGEND_COLUMNS
    height = rows * PANEL_HEIGHT + math.ceil(len(named) / beside) * LEGEND_LINE
    with _style():
        figure = _figure(columns * PANEL_WIDTH, height)
        figure.set_layout_engine("constrained")
        places = list(figure.subplots(rows, columns, squeeze=False).flat)
        for panel, axes in zip(panels, places, strict=False):
            _draw_panel(axes, panel)
        for axes in places[len(panels) :]:
            axes.set_visible(False)
        handles = [Line2D([], [], color=colour, label=name) for name, colour in named]
        if handles:
            figure.legend(handles=handles, loc="outside lower left", ncols=beside, frameon=False)
        return _png(figure)


def build_axis(label: str, values: Sequence[str | float]) -> Axis:
    """Make an axis of numbers, each marked where they are few, or of words from A to Z where one value is a word.

    Trials without a number, as their other choices need none, are at the foot of an axis of numbers.
    """
    numbers = [value for value in values if isinstance(value, float)]
    if numbers and all(value == ABSENT for value in values if isinstance(value, str)):
        return _axis_of_numbers(label, values, numbers)
    words = sorted({_word(value) for value in values})
    places = {word: float(place) for place, word in enumerate(words)}
    ticks = tuple((place, word) for word, place in places.items())
    return Axis(label, tuple(places[_word(value)] for value in values), ticks, -0.3, len(words) - 0.7)


def parallel_png(axes: Sequence[Axis], lower_is_better: bool) -> bytes:
    """Draw a line a trial through its place on each axis; better trials by the last axis are darker and in front."""

    width = LEFT * 2 + AXIS_WIDTH * (len(axes) - 1)
    scores = axes[-1].values
    best_last = sorted(range(len(scores)), key=lambda trial: scores[trial], reverse=lower_is_better)
    with _style():
        figure = _figure(width, PARALLEL_HEIGHT)
        canvas = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, PARALLEL_HEIGHT))
        canvas.set_axis_off()
        across = [LEFT + place * AXIS_WIDTH for place in range(len(axes))]
        for rank, trial in enumerate(best_last):
            up = [_up(axis, axis.values[trial]) for axis in axes]
            thick = 2.0 if rank == len(best_last) - 1 else 1.0
            canvas.plot(across, up, color=_shade(rank, len(best_last)), linewidth=thick, zorder=2)
        for place, axis in enumerate(axes):
            _draw_axis(canvas, axis, across[place], place % 2)
        return _png(figure)


def _style() -> AbstractContextManager[None]:
    from matplotlib import rc_context

    # Names stay what they are: a dollar is a dollar.
    return rc_context(
        {"font.size": 8, "text.parse_math": False, "text.color": INK, "axes.edgecolor": "#999999"}
    )


def _figure(width: int, height: int) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width / DPI, height / DPI), dpi=DPI)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title, fontsize=9)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    axes.grid(color=GRID)
    axes.set_axisbelow(True)
    for side in (axes.xaxis, axes.yaxis):
        side.set_major_formatter(lambda value, _: _tick_text(value))
    axes.locator_params(axis="x", nbins=4)
    for line in panel.lines:
        points = [
            point
            for point in zip(line.xs, line.ys, strict=True)
            if all(math.isfinite(part) for part in point)
        ]
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=colour_of(line),
            marker="o" if len(points) == 1 else "",
            linewidth=0.8 if line.faint else 1.6,
            alpha=0.35 if line.faint else 1.0,
            zorder=2 if line.faint else 3,
        )


def _axis_of_numbers(label: str, values: Sequence[str | float], numbers: Sequence[float]) -> Axis:
    from matplotlib.ticker import MaxNLocator

    finite = [number for number in numbers if math.isfinite(number)] or [0.0]
    least, most = min(finite), max(finite)
    margin = 0.04 * (most - least) or abs(most) * 0.1 or 1.0
    low, high = least - margin, most + margin
    different = sorted(set(finite))
    marked = different if len(different) <= MOST_TICKS else MaxNLocator(5).tick_values(low, high)
    ticks = tuple((float(tick), _tick_text(tick)) for tick in marked if low <= tick <= high)
    if len(numbers) < len(values):
        low -= 0.1 * (high - low)
        ticks = ((low, "none"), *ticks)
    known = (value if isinstance(value, float) and math.isfinite(value) else low for value in values)
    return Axis(label, tuple(known), ticks, low, high)


def _draw_axis(canvas: Axes, axis: Axis, at: int, lower: int) -> None:
    """Draw an axis with its ticks; names of neighbours stand at two heights, so that long ones fit."""
    from matplotlib.patheffects import withStroke

    foot, head = BOTTOM, PARALLEL_HEIGHT - TOP
    canvas.vlines(at, foot, head, color=INK, linewidth=0.8, zorder=3)
    canvas.text(at, PARALLEL_HEIGHT - 6 - 16 * lower, axis.label, ha="center", va="top")
    halo = [withStroke(linewidth=3, foreground="white")]
    for value, name in axis.ticks:
        up = _up(axis, value)
        canvas.hlines(up, at - 3, at + 3, color=INK, linewidth=0.8, zorder=3)
        canvas.text(at + 5, up, name, va="center", path_effects=halo, zorder=4)


def _up(axis: Axis, value: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low)
    return BOTTOM + share * (PARALLEL_HEIGHT - BOTTOM - TOP)


def _shade(rank: int, count: int) -> tuple[float, float, float]:
    share = (rank + 1) / count
    red, green, blue = (poor + (good - poor) * share for good, poor in zip(GOOD, POOR, strict=True))
    return red, green, blue


def _tick_text(value: float) -> str:
    """Write a tick as short as it can be: `0.5`, `200`, `20k`."""
    return f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{value:.4g}"


def _word(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else value
