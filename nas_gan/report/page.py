"""One HTML page that stands alone: a heading, facts, and sections of plots, tables and pictures."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import final

from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

from nas_gan.report.figures import figure_html

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .25rem; }
p { margin: 0 0 .75rem; max-width: 45rem; }
nav { margin: 1rem 0; }
nav a { margin-right: 1rem; white-space: nowrap; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 1px solid #8888; }
.number { text-align: right; }
pre { font: 13px/1.45 ui-monospace, monospace; margin: .75rem 0; }
.figure { background: white; padding: .5rem; margin: .75rem 0; }
img { image-rendering: pixelated; max-width: 100%; height: auto; }
"""


@final
@dataclass(frozen=True)
class Section:
    """A heading, one sentence on how to read what follows, and that as HTML."""

    title: str
    explanation: str
    body: str


def build_page(title: str, facts: Iterable[tuple[str, str]], sections: Sequence[Section]) -> str:
    """The page as text. It loads nothing: plotly.js, once, and all pictures are inside."""
    links = "\n".join(
        f'<a href="#section-{number}">{escape(section.title)}</a>' for number, section in enumerate(sections)
    )
    rows = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in facts
    )
    body = "\n".join(_section_html(number, section) for number, section in enumerate(sections))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<table>
{rows}
</table>
<nav>
{links}
</nav>
{body}
</main>
</body>
</html>
"""


def figures_body(figures: Iterable[Figure], name: str) -> str:
    """Figures below each other; `name` is unique in the page."""
    return "\n".join(
        f'<div class="figure">{figure_html(figure, f"{name}-{number}")}</div>'
        for number, figure in enumerate(figures)
    )


def table_body(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str] = ()) -> str:
    """A table; the columns in `numbers` are set to the right."""
    classes = [' class="number"' if heading in numbers else "" for heading in headings]
    head = "".join(
        f'<th scope="col"{kind}>{escape(heading)}</th>'
        for kind, heading in zip(classes, headings, strict=True)
    )
    lines = [
        "<tr>"
        + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(classes, row, strict=True))
        + "</tr>"
        for row in rows
    ]
    body = "\n".join(lines)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def lines_body(lines: Iterable[str]) -> str:
    """Lines as they are, in a font of one width."""
    return f'<pre class="wide">{escape(chr(10).join(lines))}</pre>'


def picture_body(png: bytes, description: str) -> str:
    """A PNG, inside the page."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape(description)}">'


def _section_html(number: int, section: Section) -> str:
    return f"""<section id="section-{number}">
<h2>{escape(section.title)}</h2>
<p>{escape(section.explanation)}</p>
{section.body}
</section>"""
