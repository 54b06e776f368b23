"""Parallel coordinates: one line a trial through what it chose and how it scored."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from PIL import Image, ImageDraw, ImageFont
from plotly.graph_objects import Figure, Parcoords

from nas_gan.report.reproduction_panels import extent, nice_ticks, tick_text

SCALE = 2
AXIS_WIDTH, HEIGHT = 150, 380
TOP, BOTTOM, LEFT = 46, 16, 90
MOST_TICKS = 8
ABSENT = "–"
GOOD, POOR, INK = (31, 72, 180), (225, 225, 225), "#333333"


@final
@dataclass(frozen=True)
class Axis:
    """An axis: the place of each trial on it, and its ticks with their names; `low` to `high` is shown."""

    label: str
    values: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]
    low: float
    high: float


def build_axis(label: str, values: Sequence[str | float]) -> Axis:
    """An axis of numbers, each marked where they are few, or of words from A to Z where one value is a word.

    Trials without a number, as their other choices need none, are at the foot of an axis of numbers.
    """
    numbers = [value for value in values if isinstance(value, float)]
    if numbers and all(value == ABSENT for value in values if isinstance(value, str)):
        low, high = extent(numbers)
        different = sorted(set(numbers))
        marked = different if len(different) <= MOST_TICKS else nice_ticks(low, high)
        ticks = tuple((tick, tick_text(tick)) for tick in marked)
        if len(numbers) < len(values):
            low -= 0.1 * (high - low)
            ticks = ((low, "none"), *ticks)
        return Axis(label, tuple(low if isinstance(v, str) else v for v in values), ticks, low, high)
    words = sorted({_word(value) for value in values})
    places = {word: float(place) for place, word in enumerate(words)}
    ticks = tuple((place, word) for word, place in places.items())
    return Axis(label, tuple(places[_word(value)] for value in values), ticks, -0.3, len(words) - 0.7)


def parallel_figure(axes: Sequence[Axis], lower_is_better: bool) -> Figure:
    """The lines for a page; axes can be moved and parts of them chosen. The last axis colours the lines."""
    dimensions = [
        {
            "label": axis.label.rpartition(".")[2],
            "values": axis.values,
            "range": [axis.low, axis.high],
            "tickvals": [at for at, _ in axis.ticks],
            "ticktext": [name for _, name in axis.ticks],
        }
        for axis in axes
    ]
    line = {"color": axes[-1].values, "colorscale": "Blues", "reversescale": lower_is_better}
    return Figure(Parcoords(dimensions=dimensions, line=line))


def parallel_png(axes: Sequence[Axis], lower_is_better: bool) -> bytes:
    """The lines as a PNG, better trials darker and in front."""
    width = LEFT * 2 + AXIS_WIDTH * (len(axes) - 1)
    picture = Image.new("RGB", (width * SCALE, HEIGHT * SCALE), "white")
    draw = ImageDraw.Draw(picture)
    scores = axes[-1].values
    best_last = sorted(range(len(scores)), key=lambda trial: scores[trial], reverse=lower_is_better)
    for rank, trial in enumerate(best_last):
        points = [(_across(place), _up(axis, axis.values[trial])) for place, axis in enumerate(axes)]
        draw.line(points, _shade(rank, len(scores)), (1 + (rank == len(scores) - 1)) * SCALE, joint="curve")
    for place, axis in enumerate(axes):
        _draw_axis(draw, axis, _across(place), place % 2)
    buffer = io.BytesIO()
    picture.resize((width, HEIGHT), Image.Resampling.LANCZOS).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _draw_axis(draw: ImageDraw.ImageDraw, axis: Axis, at: float, lower: int) -> None:
    """An axis with its ticks; names of neighbours stand at two heights, so that long ones fit."""
    draw.line((at, TOP * SCALE, at, (HEIGHT - BOTTOM) * SCALE), INK, SCALE)
    draw.text((at, (6 + 16 * lower) * SCALE), axis.label, fill=INK, font=_font(11), anchor="ma")
    for value, name in axis.ticks:
        up = _up(axis, value)
        draw.line((at - 3 * SCALE, up, at + 3 * SCALE, up), INK, SCALE)
        draw.text(
            (at + 5 * SCALE, up),
            name,
            fill=INK,
            font=_font(10),
            anchor="lm",
            stroke_width=4,
            stroke_fill="white",
        )


def _across(place: int) -> float:
    return float((LEFT + place * AXIS_WIDTH) * SCALE)


def _up(axis: Axis, value: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low)
    return (HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)) * SCALE


def _shade(rank: int, count: int) -> tuple[int, int, int]:
    share = (rank + 1) / count
    red, green, blue = (round(poor + (good - poor) * share) for good, poor in zip(GOOD, POOR, strict=True))
    return red, green, blue


def _word(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else value


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * SCALE)
