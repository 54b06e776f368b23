"""A drawing as the bytes of a file: SVG as it is, PDF and PNG by cairosvg (the extra `drawings`)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from nas_gan.errors import InputError
from nas_gan.report.drawing.svg import draw_architecture
from nas_gan.spec import Architecture

FORMATS = ("svg", "pdf", "png")
PNG_SCALE = 2


def check_format(output: Path) -> str:
    """Return the format that a file's name asks for; raises InputError for another, or where cairosvg is missing."""
    form = output.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise InputError(
            f"{output}: a drawing is SVG, PDF or PNG; give a name that ends in .svg, .pdf or .png"
        )
    if form != "svg" and importlib.util.find_spec("cairosvg") is None:
        raise InputError(
            f"{output}: {form.upper()} needs cairosvg: pip install -e '.[drawings]'; or give a name that ends in .svg"
        )
    return form


def drawing_bytes(architecture: Architecture, title: str, form: str) -> bytes:
    """Draw both networks, in one of FORMATS."""
    svg = draw_architecture(architecture, title, dark=form == "svg").encode()
    if form == "svg":
        return svg
    import cairosvg

    make = cairosvg.svg2pdf if form == "pdf" else cairosvg.svg2png
    return bytes(make(bytestring=svg, background_color="white", scale=1 if form == "pdf" else PNG_SCALE))
