"""Figures of plotly as SVG or PDF for a paper, drawn by matplotlib (the extra `charts`): lines, dots and bars."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nas_gan.errors import InputError
from nas_gan.pictures.charts import COLOURS, GRID, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("svg", "pdf")
WIDTH, HEIGHT = 4.6, 3.0
"""Inches of one panel."""
NAMED = {"ink": INK, "faint": GRID, "faint-ink": "#8c959f", "band": "#f2f4f6"}
DASHES = {"dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3))}


def check_figure_format(form: str) -> None:
    """Raise InputError for a format that figures aren't written in."""
    if form not in FORMATS:
        raise InputError(f"{form}: figures are written as {' or '.join(FORMATS)}", setting="format")


def figure_bytes(figure: Mapping[str, Any], form: str) -> bytes:
    """Draw a figure, as plotly's JSON has it, in one of FORMATS, with a panel for each x axis."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    data, layout = figure["data"], figure["layout"]
    panels = sorted({trace.get("xaxis", "x") for trace in data})
    style: Any = {"font.size": 8, "text.parse_math": False, "svg.fonttype": "none", "pdf.fonttype": 42}
    with rc_context(style):
        drawing = Figure(figsize=(WIDTH * len(panels), HEIGHT), layout="constrained")
        places = drawing.subplots(1, len(panels), squeeze=False)[0]
        for panel, axes in zip(panels, places, strict=True):
            _draw(axes, [trace for trace in data if trace.get("xaxis", "x") == panel], layout, panel[1:])
        out = io.BytesIO()
        drawing.savefig(
            out, format=form, metadata={"Date": None} if form == "svg" else {"CreationDate": None}
        )
    return out.getvalue()


def _draw(axes: Axes, traces: list[Mapping[str, Any]], layout: Mapping[str, Any], number: str) -> None:
    shared = {name: layout.get(f"{name}{number}") or layout.get(name) or {} for name in ("xaxis", "yaxis")}
    for place, trace in enumerate(traces):
        _draw_trace(axes, trace, COLOURS[place % len(COLOURS)])
    for name, axis in shared.items():
        which = axes.xaxis if name == "xaxis" else axes.yaxis
        which.set_label_text(_plain((axis.get("title") or {}).get("text") or ""))
        if axis.get("type") == "log":
            (axes.set_xscale if name == "xaxis" else axes.set_yscale)("log")
        if (
            axis.get("tickvals") is not None
            and axis.get("ticktext") is not None
            and axis.get("type") != "log"
        ):
            which.set_ticks(axis["tickvals"], [_plain(str(text)) for text in axis["ticktext"]])
        if axis.get("autorange") == "reversed":
            axes.invert_yaxis()
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if layout.get("showlegend") is not False and any(trace.get("name") for trace in traces):
        axes.legend(frameon=False, fontsize=7)


def _draw_trace(axes: Axes, trace: Mapping[str, Any], fallback: str) -> None:
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    colour = _colour(line.get("color") or marker.get("color"), fallback)
    label = _plain(trace["name"]) if trace.get("name") and trace.get("showlegend") is not False else None
    xs, ys = list(trace["x"]), list(trace["y"])
    if trace["type"] == "bar" and trace.get("orientation") == "h":
        error = trace.get("error_x")
        spread = None if error is None else [error["arrayminus"], error["array"]]
        axes.barh(ys, xs, left=trace.get("base", 0), color=colour, label=label, xerr=spread, ecolor=INK)
        return
    if trace["type"] == "bar":
        axes.bar(xs, ys, color=colour, label=label)
        return
    mode = trace.get("mode", "lines")
    hollow = str(marker.get("symbol", "")).endswith("-open")
    axes.errorbar(
        xs,
        ys,
        yerr=(trace.get("error_y") or {}).get("array"),
        color=colour,
        label=label,
        linestyle=DASHES.get(line.get("dash", ""), "-") if "lines" in mode else "none",
        linewidth=1.2,
        marker="o" if "markers" in mode else None,
        markersize=4,
        markerfacecolor="none" if hollow else colour,
        drawstyle="steps-post" if line.get("shape") == "hv" else "default",
    )


def _colour(given: Any, fallback: str) -> str:
    if not isinstance(given, str):
        return fallback
    if not given.startswith("@"):
        return given
    name = given[1:]
    return COLOURS[int(name) % len(COLOURS)] if name.isdecimal() else NAMED[name]


def _plain(text: str) -> str:
    """Undo what plotly.js needs: broken lines, and signs that would begin a tag."""
    lines = text.replace("<br>", "\n")
    return lines.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
