"""Figures as HTML that suits a page in light and in dark, with room for long parameter names."""

from __future__ import annotations

import re
from typing import Any

from plotly.graph_objects import Figure

INK = "#333333"
FAINT = "#dddddd"
HEIGHT = 440
TITLE_LINE = 22  # characters of a name on one line, as an axis' title and among its ticks
TICK_LINE = 14
LOG_TICKS = [digit * 10.0**power for power in range(-9, 10) for digit in (1, 2, 5)]


def figure_html(figure: Figure, identity: str) -> str:
    """Return a figure as a `div` with its script; the page has to have plotly.js. `identity` is unique in the page.

    The figure is changed: its title goes, since the page has headings. Its paper is white also on a dark
    page, because the colour scales end in white and in near black.
    """
    figure.update_layout(
        title=None,
        height=HEIGHT,
        autosize=True,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        paper_bgcolor="white",
        plot_bgcolor="white",
        modebar={"bgcolor": "white", "color": "#bbbbbb", "activecolor": INK},
        font={"family": "system-ui, sans-serif", "size": 12, "color": INK},
        legend={"orientation": "h", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"},
    )
    axes = {"automargin": True, "gridcolor": FAINT, "zerolinecolor": FAINT, "linecolor": FAINT}
    for update, walk in (
        (figure.update_xaxes, figure.for_each_xaxis),
        (figure.update_yaxes, figure.for_each_yaxis),
    ):
        update(**axes)
        update(selector={"type": "log"}, tickvals=LOG_TICKS, ticktext=[f"{tick:g}" for tick in LOG_TICKS])
        walk(_break_labels)
    config = {"displaylogo": False, "responsive": True}
    return str(figure.to_html(full_html=False, include_plotlyjs=False, div_id=identity, config=config))


def break_name(name: str, width: int) -> str:
    """Break a parameter's path into lines of `width` characters, before dots, brackets and underscores."""
    lines = [""]
    for part in re.split(r"(?=[.\[_])", name):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "<br>".join(lines)


def _break_labels(axis: Any) -> None:
    """Break an axis' title and the names among its ticks; take the quotes off options."""
    if axis.title.text:
        axis.title.text = break_name(axis.title.text, TITLE_LINE)
    if axis.ticktext is not None and axis.type != "log":
        axis.ticktext = [break_name(str(tick), TICK_LINE) for tick in axis.ticktext]
        axis.update(tickangle=0, tickfont_size=10)
    elif axis.categoryarray is not None:
        axis.tickvals = axis.categoryarray
        axis.ticktext = [str(option).strip("'") for option in axis.categoryarray]
