"""Panels of lines as one PNG, drawn with Pillow alone."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFont

from nas_gan.report.reproduction_panels import (
    Line,
    Panel,
    colour_of,
    columns_of,
    extent,
    nice_ticks,
    tick_text,
)

SCALE = 2  # drawn larger and shrunk, so that lines are smooth
WIDTH, HEIGHT = 320, 240  # of a panel, in pixels of the picture
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 30, 44
LEGEND_LINE = 18
INK, GRID, FRAME = "#333333", "#e6e6e6", "#999999"

Box = tuple[float, float, float, float]


def panels_png(panels: Sequence[Panel]) -> bytes:
    """The panels, up to three in a row, with one legend below for all of them."""
    columns = columns_of(panels)
    rows = math.ceil(len(panels) / columns)
    names = list(
        {(line.name, line.colour): line for panel in panels for line in panel.lines if line.name}.values()
    )
    legend = _legend_rows(names, columns * WIDTH)
    size = (columns * WIDTH, rows * HEIGHT + len(legend) * LEGEND_LINE + 8)
    picture = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), "white")
    draw = ImageDraw.Draw(picture)
    for index, panel in enumerate(panels):
        _draw_panel(draw, panel, index % columns * WIDTH, index // columns * HEIGHT)
    for row, entries in enumerate(legend):
        _draw_legend(draw, entries, rows * HEIGHT + row * LEGEND_LINE)
    buffer = io.BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _draw_panel(draw: ImageDraw.ImageDraw, panel: Panel, left: int, top: int) -> None:
    box = (left + LEFT, top + TOP, left + WIDTH - RIGHT, top + HEIGHT - BOTTOM)
    across = extent([x for line in panel.lines for x in line.xs])
    up = extent([y for line in panel.lines for y in line.ys])

    def place(x: float, y: float) -> tuple[float, float]:
        right = box[0] + (x - across[0]) / (across[1] - across[0]) * (box[2] - box[0])
        return right * SCALE, (box[3] - (y - up[0]) / (up[1] - up[0]) * (box[3] - box[1])) * SCALE

    _draw_frame(draw, box, across, up, place)
    _text(draw, ((box[0] + box[2]) / 2, top + 8), panel.title, "ma", 13)
    _text(draw, ((box[0] + box[2]) / 2, box[3] + 22), panel.x_label, "ma", 11)
    _text(draw, (left + 6, top + 10), panel.y_label, "la", 11)
    for line in sorted(panel.lines, key=lambda line: not line.faint):
        _draw_line(draw, line, place)


def _draw_frame(
    draw: ImageDraw.ImageDraw,
    box: Box,
    across: tuple[float, float],
    up: tuple[float, float],
    place: Callable[[float, float], tuple[float, float]],
) -> None:
    for x in nice_ticks(*across, 4):
        at = place(x, up[0])[0] / SCALE
        draw.line(_scaled(at, box[1], at, box[3]), GRID, SCALE)
        _text(draw, (at, box[3] + 5), tick_text(x), "ma", 10)
    for y in nice_ticks(*up):
        at = place(across[0], y)[1] / SCALE
        draw.line(_scaled(box[0], at, box[2], at), GRID, SCALE)
        _text(draw, (box[0] - 5, at), tick_text(y), "rm", 10)
    draw.rectangle(_scaled(*box), outline=FRAME, width=SCALE)


def _draw_line(
    draw: ImageDraw.ImageDraw, line: Line, place: Callable[[float, float], tuple[float, float]]
) -> None:
    points = [
        place(x, y) for x, y in zip(line.xs, line.ys, strict=True) if math.isfinite(x) and math.isfinite(y)
    ]
    colour = _paler(colour_of(line)) if line.faint else colour_of(line)
    if len(points) == 1:
        (x, y), radius = points[0], 3 * SCALE
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif points:
        draw.line(points, colour, SCALE if line.faint else 2 * SCALE, joint="curve")


def _legend_rows(lines: Sequence[Line], width: int) -> list[list[tuple[float, Line]]]:
    """Entries with their places from the left, on as many rows as they need."""
    rows: list[list[tuple[float, Line]]] = []
    at = float(width)
    for line in lines:
        needed = 34 + _font(11).getlength(line.name) / SCALE
        if at + needed > width:
            rows.append([])
            at = 10.0
        rows[-1].append((at, line))
        at += needed
    return rows


def _draw_legend(draw: ImageDraw.ImageDraw, entries: Sequence[tuple[float, Line]], top: int) -> None:
    for left, line in entries:
        draw.line(_scaled(left, top + 8, left + 16, top + 8), colour_of(line), 3 * SCALE)
        _text(draw, (left + 21, top + 8), line.name, "lm", 11)


def _paler(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"#{(red + 510) // 3:02x}{(green + 510) // 3:02x}{(blue + 510) // 3:02x}"


def _text(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, anchor: str, size: int) -> None:
    draw.text((at[0] * SCALE, at[1] * SCALE), text, fill=INK, font=_font(size), anchor=anchor)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * SCALE)


def _scaled(*numbers: float) -> Box:
    left, top, right, bottom = (number * SCALE for number in numbers)
    return left, top, right, bottom
