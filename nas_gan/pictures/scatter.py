"""Generated points over the data, in one PNG: the panels of figures 5.1 and 5.2 of Yamazaki's thesis."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import final

import torch
from PIL import Image, ImageDraw
from torch import Tensor

SIDE = 480  # pixels of the picture
OVERSAMPLING = 2  # drawn so much larger and reduced, which smooths the dots
MARGIN = 0.15  # of the data's larger extent, on each side: a generator misses the data now and then
DATA_DIAMETER = 3.0  # pixels
POINT_DIAMETER = 3.0
DATA_COLOUR = (196, 196, 196)
POINT_COLOUR = (208, 72, 24, 150)  # the last is the opacity of 255, so that dense places are darker
FRAME_COLOUR = (120, 120, 120)


@final
@dataclass(frozen=True)
class Window:
    """The square part of the plane that is drawn: its centre, and half its side in the data's units."""

    x: float
    y: float
    half: float


def window_of(data: Tensor) -> Window:
    """Return the window around points float32 [n, 2] that all pictures of the same data share."""
    low, high = data.amin(0), data.amax(0)
    centre = (low + high) / 2
    extent = float((high - low).max()) or 1.0
    return Window(float(centre[0]), float(centre[1]), extent * (0.5 + MARGIN))


def draw_scatter(points: Tensor, data: Tensor, side: int = SIDE) -> Image.Image:
    """Return points float32 [n, 2] or [n, 2, 1, 1] in colour over the data's, likewise, in grey; both axes alike.

    What lies outside the window, which depends on the data alone, isn't drawn.
    """
    points, data = points.reshape(-1, 2).cpu(), data.reshape(-1, 2).cpu()
    window, large = window_of(data), side * OVERSAMPLING
    picture = Image.new("RGB", (large, large), "white")
    _draw_dots(picture, data, window, DATA_DIAMETER, (*DATA_COLOUR, 255))
    _draw_dots(picture, points, window, POINT_DIAMETER, POINT_COLOUR)
    edge = OVERSAMPLING - 1
    ImageDraw.Draw(picture).rectangle((0, 0, large - 1, large - 1), outline=FRAME_COLOUR, width=edge + 1)
    return picture.resize((side, side), Image.Resampling.BOX)


def scatter_png(points: Tensor, data: Tensor) -> bytes:
    """`draw_scatter` as a PNG."""
    buffer = io.BytesIO()
    draw_scatter(points, data).save(buffer, format="PNG")
    return buffer.getvalue()


def _draw_dots(
    picture: Image.Image, points: Tensor, window: Window, diameter: float, colour: tuple[int, int, int, int]
) -> None:
    side = picture.width
    places = (points.double() - torch.tensor([window.x, window.y])) / window.half
    inside = places[(places.abs() <= 1).all(1)]
    # Rows of a picture go down, and the second axis goes up.
    pixels = (inside * torch.tensor([0.5, -0.5]) + 0.5) * side
    radius = diameter * OVERSAMPLING / 2
    pen = ImageDraw.Draw(picture, "RGBA")
    for x, y in pixels.tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
