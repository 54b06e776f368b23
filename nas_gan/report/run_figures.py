"""Figures of training runs, overlaid: a colour a run, the same in every figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from plotly.colors import qualitative
from plotly.graph_objects import Bar, Figure, Scatter
from plotly.subplots import make_subplots

from nas_gan.metrics.scores import ScoreKind
from nas_gan.runs.record import RunRecord

COLOURS = qualitative.D3
IMAGES_SEEN = "images seen"


@final
@dataclass(frozen=True, eq=False)
class ShownRun:
    """A run, what a page calls it, and its place among the page's runs, which gives it its colour.

    `alone`: whether it is the page's only run, so that figures need not say its name.
    """

    name: str
    place: int
    alone: bool
    record: RunRecord

    @property
    def colour(self) -> str:
        """The colour of its lines and bars."""
        return str(COLOURS[self.place % len(COLOURS)])


def plot_score(runs: Sequence[ShownRun], kind: ScoreKind) -> Figure | None:
    """Draw a score over the images seen, a dot a scoring, with bars of one deviation where it has one.

    None where no run has the score twice: one dot says less than a table.
    """
    figure, longest = Figure(), 0
    for run in runs:
        scored = [(rung, kind.value(rung.scores)) for rung in run.record.rungs]
        made = [(rung, score) for rung, score in scored if score is not None]
        longest = max(longest, len(made))
        if not made:
            continue
        line = _line(run, [rung.images_seen for rung, _ in made], [score for _, score in made], True)
        if kind.deviation is not None:
            spread = [kind.deviation_of(rung.scores) or 0.0 for rung, _ in made]
            line.error_y = {"array": spread, "thickness": 1, "width": 2}
        figure.add_trace(line)
    if longest < 2:
        return None
    figure.update_xaxes(title_text=IMAGES_SEEN, rangemode="tozero")
    figure.update_yaxes(title_text=kind.title)
    figure.update_layout(showlegend=not runs[0].alone)
    return figure


def plot_classes(runs: Sequence[ShownRun], kind: ScoreKind) -> Figure | None:
    """Draw a score of each class at the last scoring that has it, as bars. None without any."""
    figure = Figure()
    for run in runs:
        made = [values for rung in run.record.rungs if (values := kind.classes_of(rung.scores))]
        if made:
            names = [run.record.class_names[number] for number in range(len(made[-1]))]
            figure.add_trace(Bar(x=names, y=made[-1], name=run.name, marker_color=run.colour))
    if not figure.data:
        return None
    figure.update_xaxes(title_text="class", type="category")
    figure.update_yaxes(title_text=kind.label)
    figure.update_layout(showlegend=not runs[0].alone, barmode="group")
    return figure


def plot_curves(
    runs: Sequence[ShownRun], left: tuple[str, str], right: tuple[str, str], *, log: bool = False
) -> Figure | None:
    """Return two keys of the runs' curves side by side, each with its axis' title; `log`: on logarithmic axes.

    The axes are one scale, so that the two compare. None where no run has a curve.
    """
    figure = make_subplots(1, 2, shared_yaxes="all", horizontal_spacing=0.12)
    for column, (key, title) in enumerate((left, right), start=1):
        for run in runs:
            points = [point for point in run.record.curve if key in point]
            if points:
                seen, values = [point["images_seen"] for point in points], [point[key] for point in points]
                line = _line(run, seen, values, False)
                line.showlegend = column == 1
                figure.add_trace(line, row=1, col=column)
        figure.update_yaxes(title_text=title, showticklabels=True, row=1, col=column)
    if not figure.data:
        return None
    figure.update_xaxes(title_text=IMAGES_SEEN, rangemode="tozero")
    figure.update_yaxes(type="log" if log else "linear")
    figure.update_layout(showlegend=not runs[0].alone)
    return figure


def _line(run: ShownRun, seen: list[Any], values: list[float], dots: bool) -> Scatter:
    return Scatter(
        x=seen,
        y=values,
        name=run.name,
        legendgroup=run.name,
        mode="lines+markers" if dots else "lines",
        line={"color": run.colour, "width": 2 if dots else 1.2},
    )
