"""One HTML page that stands alone: a heading, facts, and sections of plots, tables and pictures.

The HTML is in `templates/`. Whatever is no `Markup` stays text there, so that no name in a study becomes a tag.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

from nas_gan.report.figures import figure_html

NOTHING = Markup("")


@final
@dataclass(frozen=True)
class Section:
    """A heading, one sentence on how to read what follows, and that as HTML; a body that is text stays text."""

    title: str
    explanation: str
    body: Markup | str = NOTHING


def build_page(title: str, facts: Iterable[tuple[str, str]], sections: Sequence[Section]) -> str:
    """Return the page as text. It loads nothing: plotly.js, once, and all pictures are inside."""
    page = templates().get_template("page.html")
    plotly = Markup(get_plotlyjs())
    return page.render(title=title, facts=facts, sections=sections, plotly=plotly)


def figures_body(figures: Iterable[Figure], name: str) -> Markup:
    """Lay figures below each other; `name` is unique in the page."""
    divisions = [figure_html(figure, f"{name}-{number}") for number, figure in enumerate(figures)]
    return _piece("figures", [Markup(division) for division in divisions])


def table_body(
    headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()
) -> Markup:
    """Lay out a table; the columns in `numbers` are set to the right."""
    return _piece("table", headings, rows, numbers)


def lines_body(lines: Iterable[str]) -> Markup:
    """Show lines as they are, in a font of one width."""
    return _piece("lines", "\n".join(lines))


def picture_body(png: bytes, description: str) -> Markup:
    """Put a PNG inside the page, no wider than the page."""
    return _piece("picture", data_url(png), description)


def wide_picture(png: bytes, description: str) -> Markup:
    """Put a PNG at its own size inside the page, which scrolls sideways where it is wider."""
    return _piece("wide_picture", data_url(png), description)


@cache
def templates() -> Environment:
    """Return the templates of all pages; what they are given is escaped unless it is `Markup`."""
    made = Environment(
        loader=PackageLoader("nas_gan.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["drawn"] = _drawn
    return made


def _piece(name: str, *arguments: Any) -> Markup:
    macro = getattr(templates().get_template("pieces.html").module, name)
    return Markup(macro(*arguments))


def _drawn(drawings: Sequence[Any]) -> str:
    """Write the drawings of a chart as plotly.js takes them; as text, which the template escapes."""
    return json.dumps([{"data": one.data, "layout": one.layout} for one in drawings], separators=(",", ":"))


def data_url(png: bytes) -> str:
    """Write a PNG as a URL that needs no file."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
