"""Charts of a study, as plotly.js takes them: history, rungs, importance, front, single holes, and the timeline.

Colours are names, `@0` to `@7`, `@ink` and `@faint`, which a page fills in for light and dark, and a file for print.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, final

from nas_gan.metrics.scores import METRICS, ScoreKind
from nas_gan.report.numbers import format_count
from nas_gan.report.study.facts import value_text
from nas_gan.search.aims import CostKind, find_aim, value_of
from nas_gan.search.views import StudyView, TrialView

Trace = dict[str, Any]
DASHES = ("dash", "dot", "dashdot", "longdash")
TIME = "seconds"
"""What a score is drawn against beside the metrics that a search may be after."""


@final
@dataclass(frozen=True)
class Drawing:
    """One way of drawing a chart: what plotly.js calls data and layout."""

    label: str
    data: tuple[Trace, ...]
    layout: dict[str, Any]


@final
@dataclass(frozen=True)
class Chart:
    """A chart under a heading, with a sentence on how to read it, or on why there is none; one drawing or a choice."""

    key: str
    title: str
    sentence: str
    drawings: tuple[Drawing, ...] = ()
    choice: str = ""


def study_charts(study: StudyView) -> tuple[Chart, ...]:
    """Return all charts of a study, general ones first."""
    return (
        history_chart([study]),
        _rungs_chart(study),
        importance_chart(study),
        _holes_chart(study),
        _front_chart(study),
        _timeline_chart(study),
    )


def history_chart(studies: Sequence[StudyView]) -> Chart:
    """Draw what trials scored, and the best so far, over compute, time, and number; hand-made starts as lines."""
    metric = METRICS[studies[0].definition.metric]
    alone = len(studies) == 1
    title = "Best so far" if not alone else "History"
    if not any(view.place for study in studies for view in study.trials):
        return Chart("history", title, "No trial has been trained to its end yet.")
    drawings = []
    axes = [("images trained, all trials", 0), ("hours since the first trial began", 1)]
    for label, which in [*axes, ("trial", 2)] if alone else axes:
        data: list[Trace] = []
        for number, study in enumerate(studies):
            points = _spent(study)
            xs = [point[which] for point in points]
            ys = [point[3] for point in points]
            names = [f"{study.name}:{point[4]}" if not alone else f"trial {point[4]}" for point in points]
            colour = f"@{number}"
            data.append(
                _dots(xs, ys, "a trial" if alone else f"trials of {study.name}", names, colour, hollow=True)
            )
            best = [study.sign * min(study.sign * y for y in ys[: place + 1]) for place in range(len(ys))]
            line = {"color": colour, "width": 2, "shape": "hv"}
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": xs,
                    "y": best,
                    "name": "best so far" if alone else study.name,
                    "line": line,
                }
            )
            if alone and xs:
                data += _start_lines(study, min(xs), max(xs))
        drawings.append(Drawing(label, tuple(data), _axes(label, metric.label, zero=which < 2)))
    better = "Higher" if metric.higher_is_better else "Lower"
    starts = " Dashed lines: architectures that the search began with." if alone else ""
    sentence = f"{metric.label} of the trials that were trained to their end. {better} is better.{starts}"
    return Chart("history", title, sentence, tuple(drawings), "over")


def _spent(study: StudyView) -> list[tuple[float, float, int, float, int]]:
    """List images, hours, number and score of the trials trained to their end, in the order in which they ended.

    Images are those of all trials up to then, paused ones included, which stand without an end until the study has one.
    """
    begins = [view.trial.started for view in study.trials if view.trial.started]
    first = min(begins, default=datetime.min)
    images, points = 0, []
    for hours, view in sorted(((_end(view, first), view) for view in study.trials), key=lambda each: each[0]):
        record, value = view.trial.record, view.trial.value
        images += 0 if record is not None and record.reused_from is not None else view.images
        if view.place and value is not None:
            points.append((float(images), hours, view.number, value, view.number))
    return points


def _start_lines(study: StudyView, low: float, high: float) -> Iterable[Trace]:
    ranked = [
        view for view in study.trials if view.trial.start and view.place and view.trial.value is not None
    ]
    for place, view in enumerate(ranked):
        yield {
            "type": "scatter",
            "mode": "lines",
            "x": [low, high],
            "y": [view.trial.value, view.trial.value],
            "name": plain(view.trial.start),
            "line": {"color": "@ink", "width": 1, "dash": DASHES[place % len(DASHES)]},
        }


def _rungs_chart(study: StudyView) -> Chart:
    metric, rungs = METRICS[study.definition.metric], study.definition.rungs
    groups: dict[str, list[tuple[float, float, str]]] = {"went on": [], "went no further": [], "at work": []}
    ticks = []
    for band, images in enumerate(rungs):
        there = study.reached(images)
        ticks.append(f"{format_count(images)} images<br>{len(there)} trials")
        for place, view in enumerate(there):
            if images == rungs[-1] or max(view.values) > images:
                kind = "went on"
            else:
                kind = "at work" if study.went_on(view, images) else "went no further"
            x = band + (0.1 + 0.8 * (place + 0.5) / len(there))
            groups[kind].append((round(x, 4), view.values[images], f"trial {view.number}"))
    if not any(groups.values()):
        return Chart("rungs", "Rungs", "No trial has reached its first scoring yet.")
    colours = {"went on": "@0", "went no further": "@faint-ink", "at work": "@2"}
    data = [
        _dots(
            [point[0] for point in points],
            [point[1] for point in points],
            name,
            [point[2] for point in points],
            colours[name],
            hollow=name == "went no further",
        )
        for name, points in groups.items()
        if points
    ]
    layout = _axes("", metric.label)
    layout["xaxis"] = {
        "tickvals": [band + 0.5 for band in range(len(rungs))],
        "ticktext": ticks,
        "range": [0, len(rungs)],
        "showgrid": False,
    }
    layout["shapes"] = [
        {"type": "rect", "xref": "x", "yref": "paper", "x0": band + 0.04, "x1": band + 0.96, "y0": 0, "y1": 1,
         "fillcolor": "@band", "line": {"width": 0}, "layer": "below"}
        for band in range(len(rungs))
    ]  # fmt: skip
    if all(y > 0 for trace in data for y in trace["y"]):
        layout["yaxis"]["type"] = "log"
    sentence = "A band a rung, a dot a trial, ordered by score. Filled ones went on to the next rung, or reached the last."  # noqa: E501
    return Chart("rungs", "Rungs", sentence, (Drawing("", tuple(data), layout),))


def importance_chart(study: StudyView) -> Chart:
    """Draw how much each hole tells good trials from poor ones."""
    found, title = study.importance, "Which holes matter"
    metric = METRICS[study.definition.metric]
    if found is None:
        return Chart("importance", title, "It takes at least 8 trials that were scored after as many images.")
    shares = list(reversed(found.shares))
    colour = "@0" if found.is_reliable else "@faint-ink"
    bars: Trace = {
        "type": "bar",
        "orientation": "h",
        "y": [plain(share.name) for share in shares],
        "x": [round(share.value, 4) for share in shares],
        "name": "share",
        "marker": {"color": colour},
        "error_x": {
            "symmetric": False,
            "array": [round(max(0.0, share.high - share.value), 4) for share in shares],
            "arrayminus": [round(max(0.0, share.value - share.low), 4) for share in shares],
            "color": "@ink",
            "thickness": 1.2,
        },
    }
    layout = _axes("share", "", zero=True)
    layout["showlegend"] = False
    few = (
        ""
        if found.is_reliable
        else " Grey: so few trials tell little, and another search may put others first."
    )
    sentence = (
        "How much each hole tells good trials from poor ones (PED-ANOVA), as a share of those shown; lines hold four of "  # noqa: E501
        f"five resamplings. From {metric.label} after {found.images:,} images of {found.count} trials.{few}"
    )
    return Chart("importance", title, sentence, (Drawing("", (bars,), layout),))


def _holes_chart(study: StudyView) -> Chart:
    title, found = "One hole at a time", study.importance
    if found is None:
        return Chart("holes", title, "It takes at least 8 trials that were scored after as many images.")
    metric, drawings = METRICS[study.definition.metric], []
    for share in found.shares:
        there = [view for view in study.reached(found.images) if share.name in view.parameters]
        values = [view.parameters[share.name] for view in there]
        ys = [view.values[found.images] for view in there]
        names = [f"trial {view.number}" for view in there]
        is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        xs: list[Any] = list(values) if is_number else [plain(value_text(value)) for value in values]
        layout = _axes(plain(share.name), f"{metric.label} @ {format_count(found.images)}")
        if not is_number:
            layout["xaxis"]["type"] = "category"
        elif all(isinstance(x, float) and x > 0 for x in xs) and max(xs) > 20 * min(xs):
            layout["xaxis"]["type"] = "log"
        layout["showlegend"] = False
        drawings.append(Drawing(share.name, (_dots(xs, ys, "trials", names, "@0"),), layout))
    sentence = f"{metric.label} after {found.images:,} images by the value of a hole, one dot a trial."
    return Chart("holes", title, sentence, tuple(drawings), "hole")


def _front_chart(study: StudyView) -> Chart:
    metric, title = METRICS[study.definition.metric], "Score against cost"
    if not study.ranking:
        return Chart("front", title, "No trial has been trained to its end yet.")
    others = study.definition.other_metrics
    names = dict.fromkeys((*others, "macs", "parameters", TIME))
    sentence = (
        "No trial is better in both than one on the front."
        if others
        else "No trial is both cheaper and better than one on the front."
    )
    drawings = tuple(_front_drawing(study, metric, name) for name in names)
    return Chart("front", title, sentence, drawings, "against")


def _front_drawing(study: StudyView, metric: ScoreKind, name: str) -> Drawing:
    """Draw the study's first metric against another or a cost, with the front of the two."""
    aim = None if name == TIME else find_aim(name)
    unit = f", {aim.unit.strip()}" if isinstance(aim, CostKind) and aim.unit else ""
    label = "training time, s" if aim is None else f"{aim.label}{unit}"
    sign = -1.0 if aim is not None and aim.higher_is_better else 1.0
    points = sorted(
        (
            (value, view.trial.value, view.number)
            for view in study.ranking
            if (value := _value_at_end(view, name)) is not None and view.trial.value is not None
        ),
        key=lambda point: (sign * point[0], study.sign * point[1]),
    )
    front: list[tuple[float, float, int]] = []
    for point in points:
        if not front or study.sign * point[1] < study.sign * front[-1][1]:
            front.append(point)
    data = (
        _dots([p[0] for p in points], [p[1] for p in points], "a trial", [f"trial {p[2]}" for p in points], "@0", hollow=True),  # noqa: E501
        {
            "type": "scatter", "mode": "lines+markers", "name": "front", "x": [p[0] for p in front],
            "y": [p[1] for p in front], "text": [f"trial {p[2]}" for p in front],
            "line": {"color": "@1", "shape": "hv", "width": 2},
        },
    )  # fmt: skip
    return Drawing(label, data, _axes(label, metric.label))


def _value_at_end(view: TrialView, name: str) -> float | None:
    """Read the time that a trial took, or another score or cost as of its last scoring."""
    record = view.trial.record
    if name == TIME:
        return view.seconds
    return value_of(name, record.rungs[-1], record.cost) if record and record.rungs else None


def _timeline_chart(study: StudyView) -> Chart:
    title = "Timeline"
    begun = [view for view in study.trials if view.trial.started]
    if not begun:
        return Chart("timeline", title, "No trial has been started yet.")
    first = min(view.trial.started for view in begun if view.trial.started)
    colours = {"complete": "@0", "pruned": "@faint-ink", "paused": "@3", "running": "@2", "fail": "@1"}
    data = []
    for state in dict.fromkeys(view.trial.state for view in begun):
        shown = [view for view in begun if view.trial.state == state]
        starts = [_hours(view.trial.started, first) for view in shown]
        ends = [_end(view, first) for view in shown]
        data.append(
            {
                "type": "bar", "orientation": "h", "name": state, "base": starts, "marker": {"color": colours.get(state, "@4")},  # noqa: E501
                "x": [round(max(end - start, 0.0), 4) for start, end in zip(starts, ends, strict=True)],
                "y": [view.number for view in shown], "text": [f"trial {view.number}" for view in shown], "textposition": "none",  # noqa: E501
            }
        )  # fmt: skip
    layout = _axes("hours", "trial")
    layout["barmode"] = "overlay"
    layout["yaxis"]["autorange"] = "reversed"
    sentence = (
        "When each trial was begun and ended; of one that hasn't ended, as long as it has been at work."
    )
    return Chart("timeline", title, sentence, (Drawing("", tuple(data), layout),))


def _end(view: TrialView, first: datetime) -> float:
    """Say when a trial ended; of one that hasn't, when it would have, had it not stood still."""
    if view.trial.ended:
        return _hours(view.trial.ended, first)
    return _hours(view.trial.started, first) + round((view.seconds or 0.0) / 3600, 4)


def _hours(moment: datetime | None, first: datetime) -> float:
    return 0.0 if moment is None else round((moment - first).total_seconds() / 3600, 4)


def _dots(
    xs: list[Any],
    ys: list[float],
    name: str = "",
    names: Sequence[str] = (),
    colour: str = "@0",
    *,
    hollow: bool = False,
) -> Trace:
    marker = {"size": 8, "color": colour, "symbol": "circle-open" if hollow else "circle"}
    return {
        "type": "scatter", "mode": "markers", "x": xs, "y": [float(f"{y:.6g}") for y in ys], "name": plain(name),
        "text": [plain(each) for each in names], "marker": marker,
    }  # fmt: skip


def _axes(x: str, y: str, *, zero: bool = False) -> dict[str, Any]:
    xaxis: dict[str, Any] = {"title": {"text": x}}
    if zero:
        xaxis["rangemode"] = "tozero"
    return {"xaxis": xaxis, "yaxis": {"title": {"text": y}}}


def plain(text: str) -> str:
    """Write a text so that plotly.js, which knows some tags, shows it as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def curve_charts(view: TrialView) -> tuple[Chart, ...]:
    """Draw what the training of a trial was like, from its record; at most CURVE_POINTS points a line."""
    record = view.trial.record
    points = thinned(list(record.curve)) if record else []
    charts = []
    for key, title, pairs in CURVES:
        data = tuple(
            {
                "type": "scatter", "mode": "lines", "name": name, "line": {"color": f"@{number}", "width": 1.6},
                "x": [point["images_seen"] for point in points if field in point],
                "y": [float(f"{point[field]:.4g}") for point in points if field in point],
            }
            for number, (field, name) in enumerate(pairs)
        )  # fmt: skip
        if any(trace["x"] for trace in data):
            charts.append(Chart(key, title, "", (Drawing("", data, _axes("images seen", "", zero=True)),)))
    return tuple(charts)


CURVE_POINTS = 60
CURVES = (
    ("losses", "Losses", (("generator_loss", "generator"), ("discriminator_loss", "discriminator"))),
    (
        "outputs",
        "What the discriminator says",
        (("real_output", "of real"), ("generated_output", "of generated")),
    ),
    (
        "gradients",
        "Gradient norms",
        (("generator_gradient_norm", "generator"), ("discriminator_gradient_norm", "discriminator")),
    ),
)


def thinned(points: list[Any]) -> list[Any]:
    """Leave so many points that a small chart isn't finer than its pixels; the last one stays."""
    step = max(1, -(-len(points) // CURVE_POINTS))
    return points[::-1][::step][::-1]
