"""A study as one looks at it: all its trials, running ones too, each with its networks, its holes, and its rungs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

import optuna

from nas_gan.errors import InputError
from nas_gan.metrics.scores import METRICS
from nas_gan.search.catalogue import Trial, rank, read_trials, states_of, trials_asked_of
from nas_gan.search.definition import StudyDefinition, definition_of
from nas_gan.search.importance import Importance, measure_importance
from nas_gan.search.ingredients import load_settings
from nas_gan.space import Space
from nas_gan.space.nodes import Scalar
from nas_gan.space.suggest import FixedSuggest
from nas_gan.spec import Architecture, Cost, Image, compute_cost

ON_ITS_WAY = ("running", "waiting", "interrupted")


@final
@dataclass(frozen=True)
class TrialView:
    """One trial. `values`: the study's metric by the images seen at each rung. `place`: in the ranking, from 1 on.

    `architecture`, `cost`: None where none could be made of the holes. `images`: trained so far, as far as is known.
    `relative`: an earlier trial and how many holes differ from it, the fewest there are; None for the first.
    """

    trial: Trial
    parameters: Mapping[str, Scalar]
    values: Mapping[int, float]
    architecture: Architecture | None
    cost: Cost | None
    place: int | None
    relative: tuple[int, int] | None

    @property
    def number(self) -> int:
        """The trial's number."""
        return self.trial.number

    @property
    def images(self) -> int:
        """Images seen, as of its record or its last rung."""
        return self.trial.record.images_seen if self.trial.record else max(self.values, default=0)

    @property
    def seconds(self) -> float | None:
        """Time for training and scoring so far, None where no rung has told it."""
        record = self.trial.record
        return record.rung_seconds if record and record.rungs else None


@final
@dataclass(frozen=True)
class StudyView:
    """A study and its trials, by number. `importance` is None where there are too few trials."""

    name: str
    definition: StudyDefinition
    trials: tuple[TrialView, ...]
    trials_asked: int | None
    importance: Importance | None

    @property
    def sign(self) -> float:
        """Return 1 where a smaller value is better, -1 where a larger one is."""
        return self.definition.sign

    @property
    def ranking(self) -> list[TrialView]:
        """The trials that have a place, the best first."""
        return sorted((view for view in self.trials if view.place), key=lambda view: view.place or 0)

    @property
    def best(self) -> TrialView | None:
        """The first of the ranking."""
        return next((view for view in self.trials if view.place == 1), None)

    def trial(self, number: int) -> TrialView:
        """Return the trial of a number; raises InputError if there is none."""
        for view in self.trials:
            if view.number == number:
                return view
        there = f"0 to {self.trials[-1].number}" if self.trials else "none yet"
        raise InputError(f"trial {number}: no such trial in study {self.name!r}; there are {there}")

    def reached(self, images: int) -> list[TrialView]:
        """Return the trials that were scored after so many images, the best first."""
        there = [view for view in self.trials if images in view.values]
        return sorted(there, key=lambda view: self.sign * view.values[images])

    def went_on(self, view: TrialView, images: int) -> bool:
        """Say whether a trial was let go on from a rung: it has reached the next, or is on its way there."""
        furthest = max(view.values, default=0)
        return furthest > images or (furthest == images and view.trial.state in ON_ITS_WAY)


def read_view(study: optuna.Study, *, with_importance: bool = True) -> StudyView:
    """Read a study; raises InputError if its scores were made under more than one protocol."""
    definition = definition_of(study)
    frozen = {trial.number: trial for trial in study.get_trials(deepcopy=False)}
    ranking = rank(study)
    places = {trial.number: place for place, trial in enumerate(ranking, start=1)}
    ranked = {trial.number: trial for trial in ranking}
    space = _space_of(study)
    views: list[TrialView] = []
    for trial in read_trials(study):
        parameters = MappingProxyType(dict(frozen[trial.number].params))
        values = dict(frozen[trial.number].intermediate_values)
        values |= _recorded(trial, definition)
        architecture = _architecture_of(trial, parameters, space, definition)
        views.append(
            TrialView(
                ranked.get(trial.number, trial),  # which knows, too, whether it is tied with the best
                parameters,
                MappingProxyType(dict(sorted(values.items()))),
                architecture,
                None if architecture is None else compute_cost(architecture),
                places.get(trial.number),
                _find_relative(parameters, views),
            )
        )
    importance = measure_importance(study, definition) if with_importance else None
    return StudyView(study.study_name, definition, tuple(views), trials_asked_of(study), importance)


def fingerprint_of(study: optuna.Study) -> str:
    """Return a text that changes whenever a trial begins, reaches a rung, or ends."""
    scored = {trial.number: len(trial.intermediate_values) for trial in study.get_trials(deepcopy=False)}
    return " ".join(f"{number}:{state}:{scored[number]}" for number, state in states_of(study).items())


def _recorded(trial: Trial, definition: StudyDefinition) -> dict[int, float]:
    """Read the metric at the rungs of a record: Optuna doesn't keep the last one among them."""
    kind = METRICS[definition.metric]
    rungs = trial.record.rungs if trial.record else ()
    found = {rung.images_seen: kind.value(rung.scores) for rung in rungs}
    return {images: value for images, value in found.items() if value is not None}


def _space_of(study: optuna.Study) -> Space | None:
    try:
        return load_settings(study, "")[1]
    except InputError:
        return None  # it was made by another program, or its space is a function that isn't there


def _architecture_of(
    trial: Trial, parameters: Mapping[str, Scalar], space: Space | None, definition: StudyDefinition
) -> Architecture | None:
    """Take a trial's architecture from its record, or make it of its holes, of which a new one has not all yet."""
    if trial.record is not None:
        return trial.record.architecture
    if space is None or not parameters:
        return None
    image = Image(channels=definition.channels, resolution=definition.resolution, classes=definition.classes)
    try:
        return space.fill(FixedSuggest(parameters), image)
    except InputError:
        return None


def _find_relative(parameters: Mapping[str, Scalar], earlier: Sequence[TrialView]) -> tuple[int, int] | None:
    """Find the earlier trial that shares most: that with the fewest holes that only one has or that differ."""
    if not parameters:
        return None
    found = [
        (len(differences(parameters, view.parameters)), view.number) for view in earlier if view.parameters
    ]
    if not found:
        return None
    count, number = min(found)
    return number, count


def differences(one: Mapping[str, Scalar], other: Mapping[str, Scalar]) -> list[str]:
    """List the holes that differ, or that only one of two has."""
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]
