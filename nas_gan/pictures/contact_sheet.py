"""A contact sheet: one row of pictures a run, one column a moment of its training."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from PIL import Image, ImageDraw, ImageFont

THUMBNAIL = 150  # pixels
HEADER, CAPTION, GAP = 18, 18, 4


@final
@dataclass(frozen=True)
class SheetRow:
    """A caption and its pictures: a heading (`1,000 updates`) and a file each.

    `cropped`: only the upper left quarter is shown, of a sheet whose small images would be too small to see.
    """

    caption: str
    pictures: tuple[tuple[str, Path], ...]
    cropped: bool


def contact_sheet(rows: Sequence[SheetRow]) -> bytes | None:
    """Return the rows below each other as a PNG; None without any picture. A file that is gone leaves its place
    white.
    """
    columns = max((len(row.pictures) for row in rows), default=0)
    if not columns:
        return None
    tile, height = THUMBNAIL + GAP, CAPTION + HEADER + THUMBNAIL + GAP
    sheet = Image.new("RGB", (columns * tile + GAP, len(rows) * height), "white")
    draw = ImageDraw.Draw(sheet)
    bold, plain = ImageFont.load_default(13), ImageFont.load_default(11)
    for line, row in enumerate(rows):
        top = line * height
        draw.text((GAP, top + 2), row.caption, fill="#333333", font=bold)
        for place, (heading, path) in enumerate(row.pictures):
            left = GAP + place * tile
            draw.text((left, top + CAPTION + 2), heading, fill="#777777", font=plain)
            if path.is_file():
                sheet.paste(_thumbnail(path, row.cropped), (left, top + CAPTION + HEADER))
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def choose_evenly(count: int, most: int) -> list[int]:
    """At most `most` of the places 0 to count - 1, evenly spaced, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})


def _thumbnail(path: Path, cropped: bool) -> Image.Image:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if cropped:
        picture = picture.crop((0, 0, picture.width // 2, picture.height // 2))
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return picture
