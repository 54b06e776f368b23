"""A paper's figures from our runs: panels of curves, and a contact sheet of snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from plotly.graph_objects import Figure, Parcoords, Scatter

from nas_gan.metrics.scores import SCORE_KINDS
from nas_gan.papers.recipe import Recipe
from nas_gan.papers.results import Finished, RunResult, curve_of, newest_sample
from nas_gan.pictures.charts import Axis, Line, Panel, colour_of
from nas_gan.pictures.contact_sheet import SheetRow, choose_evenly

MOST_SNAPSHOTS = 10
PEAKS = ("discriminator_gradient_peak", "generator_gradient_peak")
CURVES = {
    "losses": ("loss", ("discriminator_loss", "generator_loss"), ("D", "G")),
    "outputs": ("D's output", ("real_output", "generated_output"), ("real", "generated")),
    "gradients": (
        "gradient norm",
        ("discriminator_gradient_norm", "generator_gradient_norm", *PEAKS),
        ("D", "G", "D, largest", "G, largest"),
    ),
}


def score_panels(recipe: Recipe, results: Sequence[RunResult]) -> list[Panel]:
    """Return the scores of all runs over their updates: a panel a group and score, a colour a run."""
    groups = list(dict.fromkeys(result.run.group for result in results))
    return [
        Panel(group, "generator updates", SCORE_KINDS[name].label, lines)
        for name in recipe.scores
        for group in groups
        if (lines := _score_lines([result for result in results if result.run.group == group], name))
    ]


def training_panels(results: Sequence[RunResult], kind: str) -> list[Panel]:
    """Return losses, discriminator outputs or gradient norms, a kind of `CURVES`, of the first seed: a panel a run."""
    label, fields, names = CURVES[kind]
    panels = []
    for result in results:
        points = result.finished[0].record.curve if result.finished else ()
        xs = tuple(point["images_seen"] / result.images_per_update for point in points)
        lines = tuple(
            Line(name, xs, tuple(point[field] for point in points), colour % 2, faint=field in PEAKS)
            for colour, (field, name) in enumerate(zip(fields, names, strict=True))
            if all(field in point for point in points)  # peaks, where they weren't watched
        )
        if points:
            panels.append(Panel(result.run.name, "generator updates", label, lines))
    return panels


def snapshot_rows(results: Sequence[RunResult]) -> list[SheetRow]:
    """Return the first seed's samples of every run at its scorings, ten at most."""
    return [_snapshots(result, result.finished[0]) for result in results if result.finished]


def panel_figure(panel: Panel) -> Figure:
    """Return a panel as a figure of a page."""
    figure = Figure([_trace(line) for line in panel.lines])
    figure.update_xaxes(title_text=panel.x_label)
    figure.update_yaxes(title_text=panel.y_label)
    return figure


def parallel_figure(axes: Sequence[Axis], lower_is_better: bool) -> Figure:
    """Draw a line a trial for a page; axes can be moved and parts of them chosen. The last axis colours the lines."""
    dimensions = [
        {
            "label": axis.label.rpartition(".")[2],
            "values": axis.values,
            "range": [axis.low, axis.high],
            "tickvals": [at for at, _ in axis.ticks],
            "ticktext": [name for _, name in axis.ticks],
        }
        for axis in axes
    ]
    line = {"color": axes[-1].values, "colorscale": "Blues", "reversescale": lower_is_better}
    return Figure(Parcoords(dimensions=dimensions, line=line))


def _score_lines(results: Sequence[RunResult], name: str) -> tuple[Line, ...]:
    lines = []
    for colour, result in enumerate(results):
        curves = [curve_of(one, name) for one in result.finished]
        curves = [curve for curve in curves if curve[0]]
        if len(curves) > 1:
            lines += [Line("", tuple(xs), tuple(ys), colour, faint=True) for xs, ys in curves]
        if curves:
            lines.append(Line(result.run.name, *_mean(curves), colour))
    return tuple(lines)


def _mean(curves: Sequence[tuple[list[float], list[float]]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean over seeds wherever one was scored; a seed that ended early is missing from there on."""
    found: dict[float, list[float]] = {}
    for xs, ys in curves:
        for x, y in zip(xs, ys, strict=True):
            found.setdefault(x, []).append(y)
    xs = sorted(found)
    return tuple(xs), tuple(fmean(found[x]) for x in xs)


def _snapshots(result: RunResult, finished: Finished) -> SheetRow:
    rungs = finished.record.rungs
    chosen = [rungs[place] for place in choose_evenly(len(rungs), MOST_SNAPSHOTS)]
    pictures = tuple(
        (
            f"{rung.images_seen // result.images_per_update:,} updates",
            newest_sample(finished, rung.images_seen),
        )
        for rung in chosen
    )
    title = f"{result.run.name}   {result.run.group}".strip()
    return SheetRow(title, pictures, cropped=finished.job.architecture.image.resolution > 1)


def _trace(line: Line) -> Scatter:
    return Scatter(
        x=line.xs,
        y=line.ys,
        name=line.name,
        mode="lines" if len(line.xs) > 1 else "markers",
        line={"color": colour_of(line), "width": 1 if line.faint else 2},
        marker={"color": colour_of(line)},
        opacity=0.35 if line.faint else 1.0,
        showlegend=bool(line.name),
    )
