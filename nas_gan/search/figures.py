"""Figures of a study for a notebook, each with a sentence on how to read it, or on why there is none."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import final

import optuna
from optuna import visualization
from optuna.trial import TrialState
from plotly.colors import qualitative
from plotly.graph_objects import Figure
from plotly.subplots import make_subplots

from nas_gan.metrics.scores import METRICS
from nas_gan.search.aims import find_aim
from nas_gan.search.catalogue import rank
from nas_gan.search.comparable import (
    ENOUGH_TRIALS,
    PARAMETERS_SHOWN,
    TRIALS_TO_JUDGE_BY,
    Comparable,
    find_comparable,
)
from nas_gan.search.definition import StudyDefinition, definition_of
from nas_gan.search.front import front_of, measure

PARAMETERS_SIDE_BY_SIDE = 6
COLOURS = {"all": qualitative.D3[0], "front": qualitative.D3[1]}
PLOTS = ("history", "front", "scores", "importances", "parallel", "pair", "timeline")


@final
@dataclass(frozen=True, eq=False)
class StudyPlot:
    """A figure, and a sentence on how to read it; without a figure, on why there is none."""

    explanation: str
    figure: Figure | None = None


def build_plot(study: optuna.Study, name: str) -> StudyPlot:
    """Return the plot of one of PLOTS."""
    definition = definition_of(study)
    metric = METRICS[definition.metric].label
    match name:
        case "history":
            return _plot_history(study, metric)
        case "front":
            return _plot_front(study, definition)
        case "scores":
            return _plot_rungs(study, metric)
        case "timeline":
            return _plot_timeline(study)
    build = {"importances": _plot_importances, "parallel": _plot_parallel, "pair": _plot_pair}[name]
    return build(find_comparable(study, definition), metric)


def _plot_history(study: optuna.Study, metric: str) -> StudyPlot:
    if not _count(study, TrialState.COMPLETE):
        return StudyPlot("No trial has been trained to its end yet.")
    figure = visualization.plot_optimization_history(study, target_name=metric)
    better = "Lower" if study.direction == optuna.study.StudyDirection.MINIMIZE else "Higher"
    text = f"{metric} of every trial that was trained to its end, and the best so far. {better} is better."
    return StudyPlot(text, figure)


def _plot_front(study: optuna.Study, definition: StudyDefinition) -> StudyPlot:
    if not definition.other_metrics:
        return StudyPlot("it is after one metric; search with fid,macs")
    first = find_aim(definition.metric)
    measured = measure(rank(study), definition.metrics)
    front = front_of(measured, definition.metrics)
    if not measured:
        return StudyPlot("No trial has been trained to its end yet.")
    figure = make_subplots(1, len(definition.other_metrics), shared_yaxes=True)
    for column, name in enumerate(definition.other_metrics, start=1):
        for label, shown, mode in (("all", measured, "markers"), ("front", front, "lines+markers")):
            along = sorted(shown, key=lambda one: one.values[name])
            figure.add_scatter(
                x=[one.values[name] for one in along],
                y=[one.values[definition.metric] for one in along],
                text=[f"trial {one.trial.number}" for one in along],
                mode=mode,
                name=label,
                legendgroup=label,
                showlegend=column == 1,
                line_color=COLOURS[label],
                row=1,
                col=column,
            )
        figure.update_xaxes(title_text=find_aim(name).label, row=1, col=column)
    figure.update_yaxes(title_text=first.label, col=1)
    text = "One dot a trial that was trained to its end. No other one is better than those on the front in one metric"
    return StudyPlot(f"{text} and no worse in all others.", figure)


def _plot_rungs(study: optuna.Study, metric: str) -> StudyPlot:
    if not any(trial.intermediate_values for trial in study.get_trials(deepcopy=False)):
        return StudyPlot("No trial has reached its first scoring yet.")
    figure = visualization.plot_intermediate_values(study)
    figure.update_xaxes(title_text="images seen")
    figure.update_yaxes(title_text=metric)
    text = "One line a trial, one point a scoring. A line that ends early belongs to a trial that was pruned."
    return StudyPlot(text, figure)


def _plot_timeline(study: optuna.Study) -> StudyPlot:
    if not study.get_trials(deepcopy=False):
        return StudyPlot("No trial has been started yet.")
    figure = visualization.plot_timeline(study)
    text = "When each trial ran, and how it ended. Bars above each other were trained side by side."
    return StudyPlot(text, figure)


def _plot_importances(comparable: Comparable | None, metric: str) -> StudyPlot:
    if comparable is None or not comparable.parameters:
        return _too_few()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about few trials; the page says how many there are
        figure = visualization.plot_param_importances(
            comparable.study, params=list(comparable.parameters[:PARAMETERS_SHOWN]), target_name=metric
        )
    is_much = comparable.count >= TRIALS_TO_JUDGE_BY
    figure.update_traces(cliponaxis=False, **({} if is_much else {"marker_color": "lightgrey"}))
    caution = (
        ""
        if is_much
        else f" So few trials ({comparable.count}, fewer than {TRIALS_TO_JUDGE_BY}) tell little: another search may "
        "put others first."
    )
    text = (
        "How much each parameter tells good trials from poor ones (PED-ANOVA), as a share of those shown. "
        f"{_basis(comparable, metric)}{caution}"
    )
    return StudyPlot(text, figure)


def _plot_parallel(comparable: Comparable | None, metric: str) -> StudyPlot:
    if comparable is None or not comparable.parameters:
        return _too_few()
    shown = sorted(comparable.parameters[:PARAMETERS_SIDE_BY_SIDE])
    figure = visualization.plot_parallel_coordinate(comparable.study, params=shown, target_name=metric)
    figure.update_xaxes(ticktext=[metric, *shown])  # Optuna's own labels are cut to 20 characters
    figure.update_traces(opacity=0.9, selector={"mode": "lines"})
    text = f"One line a trial: follow the darkest lines to see what good trials share. {_basis(comparable, metric)}"
    return StudyPlot(text, figure)


def _plot_pair(comparable: Comparable | None, metric: str) -> StudyPlot:
    if comparable is None or len(comparable.parameters) < 2:
        return _too_few()
    figure = visualization.plot_rank(
        comparable.study, params=list(comparable.parameters[:2]), target_name=metric
    )
    text = f"One dot a trial, coloured by its rank. {_basis(comparable, metric)}"
    return StudyPlot(text, figure)


def _basis(comparable: Comparable, metric: str) -> str:
    return f"From {metric} after {comparable.images:,} images, which {comparable.count} trials reached."


def _too_few() -> StudyPlot:
    return StudyPlot(f"It takes at least {ENOUGH_TRIALS} trials that were scored.")


def _count(study: optuna.Study, *states: TrialState) -> int:
    return len(study.get_trials(deepcopy=False, states=states))
