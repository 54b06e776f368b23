"""Optuna's figures of a study, each with a sentence on how to read it, or on why there is none."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import final

import optuna
from optuna import visualization
from optuna.trial import FrozenTrial, TrialState, create_trial
from plotly.graph_objects import Figure

from nas_gan.metrics.scores import METRICS
from nas_gan.search.aims import find_aim
from nas_gan.search.catalogue import rank
from nas_gan.search.definition import StudyDefinition, definition_of
from nas_gan.search.front import front_of, measure

ENOUGH_TRIALS = 8  # below this, what parameters do to a score can't be seen
TRIALS_TO_JUDGE_BY = 30
"""Below this, importances are shown in grey."""
PARAMETERS_SHOWN = 8
PARAMETERS_SIDE_BY_SIDE = 6
SLICES_A_ROW = 4


@final
@dataclass(frozen=True, eq=False)
class StudyPlot:
    """Figures under one heading. Without figures, `explanation` says why there are none."""

    title: str
    explanation: str
    figures: tuple[Figure, ...]


@final
@dataclass(frozen=True, eq=False)
class Comparable:
    """Trials with scores after the same number of images, as a study of their own that Optuna can plot.

    `parameters` are those that differ between trials and that enough trials have, most important first.
    """

    study: optuna.Study
    images: int
    count: int
    parameters: tuple[str, ...]


def build_plots(study: optuna.Study) -> tuple[StudyPlot, ...]:
    """Return all plots of a study, general ones first."""
    definition = definition_of(study)
    metric = METRICS[definition.metric].label
    plots = [_plot_history(study, metric), _plot_rungs(study, metric)]
    if definition.other_metrics:
        plots.insert(1, _plot_front(study, definition))
    comparable = find_comparable(study, definition)
    for title, build in (
        ("Which parameters matter", _plot_importances),
        ("Each parameter alone", _plot_slices),
        ("Parameters side by side", _plot_parallel),
        ("The two most important together", _plot_pair),
    ):
        plots.append(build(title, comparable, metric))
    return (*plots, _plot_timeline(study))


def _plot_history(study: optuna.Study, metric: str) -> StudyPlot:
    title = "History"
    if not _count(study, TrialState.COMPLETE):
        return StudyPlot(title, "No trial has been trained to its end yet.", ())
    figure = visualization.plot_optimization_history(study, target_name=metric)
    better = "Lower" if study.direction == optuna.study.StudyDirection.MINIMIZE else "Higher"
    text = f"{metric} of every trial that was trained to its end, and the best so far. {better} is better."
    return StudyPlot(title, text, (figure,))


def _plot_front(study: optuna.Study, definition: StudyDefinition) -> StudyPlot:
    title, first = "Front", find_aim(definition.metric)
    measured = measure(rank(study), definition.metrics)
    front = front_of(measured, definition.metrics)
    if not measured:
        return StudyPlot(title, "No trial has been trained to its end yet.", ())
    figures = []
    for name in definition.other_metrics:
        figure = Figure(layout={"xaxis_title": find_aim(name).label, "yaxis_title": first.label})
        for label, shown, mode in (("all", measured, "markers"), ("front", front, "lines+markers")):
            along = sorted(shown, key=lambda one: one.values[name])
            figure.add_scatter(
                x=[one.values[name] for one in along],
                y=[one.values[definition.metric] for one in along],
                text=[f"trial {one.trial.number}" for one in along],
                mode=mode,
                name=label,
            )
        figures.append(figure)
    text = "One dot a trial that was trained to its end. No other one is better than those on the front in one metric"
    return StudyPlot(title, f"{text} and no worse in all others.", tuple(figures))


def _plot_rungs(study: optuna.Study, metric: str) -> StudyPlot:
    title = "Scores on the way"
    if not any(trial.intermediate_values for trial in study.get_trials(deepcopy=False)):
        return StudyPlot(title, "No trial has reached its first scoring yet.", ())
    figure = visualization.plot_intermediate_values(study)
    figure.update_xaxes(title_text="images seen")
    figure.update_yaxes(title_text=metric)
    text = "One line a trial, one point a scoring. A line that ends early belongs to a trial that was pruned."
    return StudyPlot(title, text, (figure,))


def _plot_timeline(study: optuna.Study) -> StudyPlot:
    title = "Timeline"
    if not study.get_trials(deepcopy=False):
        return StudyPlot(title, "No trial has been started yet.", ())
    figure = visualization.plot_timeline(study)
    text = "When each trial ran, and how it ended. Bars above each other were trained side by side."
    return StudyPlot(title, text, (figure,))


def _plot_importances(title: str, comparable: Comparable | None, metric: str) -> StudyPlot:
    if comparable is None or not comparable.parameters:
        return _too_few(title)
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
    return StudyPlot(title, text, (figure,))


def _plot_slices(title: str, comparable: Comparable | None, metric: str) -> StudyPlot:
    if comparable is None or not comparable.parameters:
        return _too_few(title)
    shown = comparable.parameters[:PARAMETERS_SHOWN]
    figures = []
    for first in range(0, len(shown), SLICES_A_ROW):
        figure = visualization.plot_slice(
            comparable.study, params=list(shown[first : first + SLICES_A_ROW]), target_name=metric
        )
        figure.update_traces(marker_showscale=False)
        figure.update_layout(width=None)
        figures.append(figure)
    text = f"One dot a trial; darker dots are later trials. {_basis(comparable, metric)}"
    return StudyPlot(title, text, tuple(figures))


def _plot_parallel(title: str, comparable: Comparable | None, metric: str) -> StudyPlot:
    if comparable is None or not comparable.parameters:
        return _too_few(title)
    shown = sorted(comparable.parameters[:PARAMETERS_SIDE_BY_SIDE])
    figure = visualization.plot_parallel_coordinate(comparable.study, params=shown, target_name=metric)
    figure.update_xaxes(ticktext=[metric, *shown])  # Optuna's own labels are cut to 20 characters
    figure.update_traces(opacity=0.9, selector={"mode": "lines"})
    text = f"One line a trial: follow the darkest lines to see what good trials share. {_basis(comparable, metric)}"
    return StudyPlot(title, text, (figure,))


def _plot_pair(title: str, comparable: Comparable | None, metric: str) -> StudyPlot:
    if comparable is None or len(comparable.parameters) < 2:
        return _too_few(title)
    figure = visualization.plot_rank(
        comparable.study, params=list(comparable.parameters[:2]), target_name=metric
    )
    text = f"One dot a trial, coloured by its rank. {_basis(comparable, metric)}"
    return StudyPlot(title, text, (figure,))


def find_comparable(study: optuna.Study, definition: StudyDefinition) -> Comparable | None:
    """Return the trials that reached the highest rung that enough trials reached; None if there is no such rung.

    Pruned trials have no final score, but every trial that got as far as a rung can be compared there.
    """
    trials = study.get_trials(deepcopy=False)
    for images in reversed(definition.rungs):
        count = sum(images in trial.intermediate_values for trial in trials)
        if count >= ENOUGH_TRIALS:
            copy = optuna.create_study(direction=definition.direction)
            copy.add_trials([_as_scored_at(trial, images) for trial in trials])
            return Comparable(copy, images, count, _important_parameters(copy))
    return None


def _as_scored_at(trial: FrozenTrial, images: int) -> FrozenTrial:
    """Return the trial with its score at a rung as its value; a trial without one keeps the others' numbers right."""
    if images not in trial.intermediate_values:
        return create_trial(state=TrialState.FAIL)
    value = trial.intermediate_values[images]
    return create_trial(value=value, params=trial.params, distributions=trial.distributions)


def _important_parameters(study: optuna.Study) -> tuple[str, ...]:
    """Return parameters that can be judged: in at least a third of the trials, and not the same everywhere."""
    from optuna.importance import get_param_importances  # scikit-learn takes a second to load

    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    uses = Counter(name for trial in trials for name in trial.params)
    varied = [
        name
        for name, count in uses.items()
        if count * 3 >= len(trials)
        and len({trial.params[name] for trial in trials if name in trial.params}) > 1
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importances = get_param_importances(study, params=varied) if varied else {}
    return tuple(importances)


def _basis(comparable: Comparable, metric: str) -> str:
    return f"From {metric} after {comparable.images:,} images, which {comparable.count} trials reached."


def _too_few(title: str) -> StudyPlot:
    return StudyPlot(title, f"It takes at least {ENOUGH_TRIALS} trials that were scored.", ())


def _count(study: optuna.Study, *states: TrialState) -> int:
    return len(study.get_trials(deepcopy=False, states=states))
