"""Trials that are on their way: what they have reached, whether one is ahead, and what finishing it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import optuna

from nas_gan.search.catalogue import Trial, read_trials
from nas_gan.search.definition import definition_of

ON_THEIR_WAY = ("running", "interrupted", "waiting", "paused")


@final
@dataclass(frozen=True)
class Unfinished:
    """A trial that has reached a rung and not the last one.

    `value`: of the study's metric, after `images_seen` images. `is_ahead`: no trial has a better value at that rung.
    `seconds_left`: what training and scoring the rest takes at its own pace so far; None where that isn't known.
    """

    number: int
    state: str
    value: float
    images_seen: int
    images_left: int
    is_ahead: bool
    seconds_left: float | None


def read_unfinished(study: optuna.Study) -> list[Unfinished]:
    """Read the trials on their way that have reached a rung: those ahead first, then by rung and value."""
    definition = definition_of(study)
    sign = definition.sign
    values = {trial.number: trial.intermediate_values for trial in study.get_trials(deepcopy=False)}
    best: dict[int, float] = {}
    for reached in values.values():
        for images, value in reached.items():
            best[images] = min(best.get(images, float("inf")), sign * value)
    found = []
    for trial in read_trials(study):
        reached = values[trial.number]
        if trial.state not in ON_THEIR_WAY or not reached:
            continue
        images = max(reached)
        left = definition.images - images
        is_ahead = sign * reached[images] <= best[images]
        found.append(
            Unfinished(
                trial.number, trial.state, reached[images], images, left, is_ahead, _seconds(trial, left)
            )
        )
    return sorted(found, key=lambda one: (not one.is_ahead, -one.images_seen, sign * one.value))


def _seconds(trial: Trial, images_left: int) -> float | None:
    """Estimate from the trial's own record; one that runs has none yet."""
    if trial.record is None or not trial.record.rungs:
        return None
    return trial.record.rung_seconds / trial.record.rungs[-1].images_seen * images_left
