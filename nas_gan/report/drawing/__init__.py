"""Drawings of both networks of an architecture, from its plan: as SVG, and that as PDF or PNG."""

from nas_gan.report.drawing.files import FORMATS, check_format, drawing_bytes
from nas_gan.report.drawing.svg import draw_architecture, draw_networks

__all__ = ["FORMATS", "check_format", "draw_architecture", "draw_networks", "drawing_bytes"]
