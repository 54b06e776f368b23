"""What a reproduction's page has beside the pieces of every page."""

from __future__ import annotations

import base64
from html import escape


def wide_picture(png: bytes, description: str) -> str:
    """A PNG at its own size inside the page, which scrolls sideways where it is wider."""
    source = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    style = "max-width: none; image-rendering: auto"
    return f'<div class="wide"><img src="{source}" alt="{escape(description)}" style="{style}"></div>'
