"""Single changes of a study's best trial, trained with fresh seeds beside it: what a change really does."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from scipy.stats import t as student

from nas_gan.errors import InputError
from nas_gan.explain.effects import Worth, value_of_label
from nas_gan.explain.study import Explanation
from nas_gan.metrics.scores import METRICS
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.record import RECORD_FILE, RunRecord, load_record
from nas_gan.runs.resources import image_of
from nas_gan.runs.run import Run
from nas_gan.runs.seeds import derive_seed
from nas_gan.runs.training_run import train_through
from nas_gan.search.definition import value_at
from nas_gan.search.ingredients import Ingredients
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Architecture, recipe_hash
from nas_gan.table.points import fill_known
from nas_gan.training import Progress

BEST = "best"
FINISHED = ("complete", "pruned")
CONFIDENCE = 0.95


@final
@dataclass(frozen=True)
class Change:
    """One hole of the best trial set to another value. `value` stands for the estimate's, which may be a range."""

    worth: Worth
    value: Scalar
    architecture: Architecture


@final
@dataclass(frozen=True)
class Confirmed:
    """What a change did, seed by seed, under the best's own seeds. A score is None where training failed.

    `ratio`: geometric mean of the changed network's score over the best's, with its 95 % interval by Student's t; None
    with fewer than two pairs of positive scores. `agrees`: whether the change goes the way that was estimated, beyond
    its interval.
    """

    change: Change
    scores: tuple[float | None, ...]
    best_scores: tuple[float | None, ...]
    ratio: tuple[float, float, float] | None

    @property
    def agrees(self) -> bool:
        """Whether the interval leaves out no change, on the side that was estimated."""
        if self.ratio is None:
            return False
        _, low, high = self.ratio
        return low > 1 if self.change.worth.change > 0 else high < 1


def plan_changes(explanation: Explanation, ingredients: Ingredients, count: int) -> list[Change]:
    """Choose the largest effects that single changes of the best trial may have, clear ones first.

    Raises InputError before a trial has been trained to its end. A change that gives the same network, or one that
    can't be built, is passed over; holes that only the new value leads to are drawn.
    """
    if explanation.best is None:
        raise InputError("no trial has been trained to its end yet; search on")
    image, space = image_of(ingredients.resources.dataset), ingredients.space
    best = fill_known(space, image, explanation.best_holes, random.Random(0)).architecture
    found: list[Change] = []
    for worth in explanation.changes_of_best():
        value = value_of_label(explanation.cases, worth.hole, worth.value)
        holes = {**explanation.best_holes, worth.hole: value}
        try:
            changed = fill_known(space, image, holes, random.Random(0)).architecture
        except InputError:
            continue
        seen = {recipe_hash(one.architecture) for one in found}
        if recipe_hash(changed) not in {recipe_hash(best), *seen}:
            found.append(Change(worth, value, changed))
        if len(found) == count:
            break
    return found


def confirm(
    explanation: Explanation,
    changes: Sequence[Change],
    ingredients: Ingredients,
    folder: Path,
    seeds: int,
    announce: Callable[[str], None],
) -> list[Confirmed]:
    """Train the best and each change with so many fresh seeds, to the study's end; what has ended is taken as it is.

    What was stopped goes on where it stood. Raises KeyboardInterrupt where it is stopped again.
    """
    image = image_of(ingredients.resources.dataset)
    best = fill_known(ingredients.space, image, explanation.best_holes, random.Random(0)).architecture
    runs = {BEST: best} | {f"change-{place}": one.architecture for place, one in enumerate(changes)}
    scores: dict[str, list[float | None]] = {name: [] for name in runs}
    total, done = seeds * len(runs), 0
    for seed in range(seeds):
        for name, architecture in runs.items():
            done += 1
            announce(f"{name}, seed {seed}: training {done} of {total}")
            record = _train(architecture, ingredients, folder / _slug(name, architecture), seed, announce)
            scores[name].append(_score(record, ingredients))
    return [
        Confirmed(one, tuple(mine), tuple(scores[BEST]), compare(mine, scores[BEST]))
        for one, mine in zip(changes, list(scores.values())[1:], strict=True)
    ]


def compare(
    scores: Sequence[float | None], others: Sequence[float | None]
) -> tuple[float, float, float] | None:
    """Return the geometric mean of the pairs' ratios, and its 95 % interval; None with fewer than two pairs."""
    logs = [
        math.log(one / other)
        for one, other in zip(scores, others, strict=True)
        if one is not None and other is not None and one > 0 and other > 0
    ]
    if len(logs) < 2:
        return None
    mean, error = float(np.mean(logs)), float(np.std(logs, ddof=1)) / math.sqrt(len(logs))
    half = float(student.ppf((1 + CONFIDENCE) / 2, len(logs) - 1)) * error
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def _train(
    architecture: Architecture,
    ingredients: Ingredients,
    folder: Path,
    number: int,
    announce: Callable[[str], None],
) -> RunRecord:
    definition, folder = ingredients.definition, folder / f"seed-{number}"
    seed = derive_seed(definition.seed, "confirm", number)
    if (folder / RECORD_FILE).exists() and (record := load_record(folder)).outcome in FINISHED:
        kept = (record.recipe_hash, record.seed, record.images_planned, record.data_fingerprint)
        if kept == (recipe_hash(architecture), seed, definition.images, definition.data_fingerprint):
            return record
        raise InputError(
            f"{folder}: was trained with something else; give another `out`, or remove that folder"
        )
    checkpoints = Checkpoints(folder, announce)
    was_stopped = checkpoints.exist
    run = Run(
        architecture,
        ingredients.resources,
        folder,
        seed,
        definition.images,
        precision=definition.precision,
        checkpoints=checkpoints,
    )
    if was_stopped:
        run.resume()

    def ignore(_: Progress) -> None:
        """Go on: nobody watches."""

    record = train_through(run, (definition.images,), ignore, lambda _: None)
    if record.outcome == "interrupted":
        raise KeyboardInterrupt
    return record


def _score(record: RunRecord, ingredients: Ingredients) -> float | None:
    metric = ingredients.definition.metric
    if record.outcome != "complete" or METRICS[metric].value(record.rungs[-1].scores) is None:
        return None
    return value_at(record.rungs[-1], metric)


def _slug(name: str, architecture: Architecture) -> str:
    """Name a folder by its network, so that another choice of changes finds what has been trained."""
    return f"{name.partition('-')[0]}-{recipe_hash(architecture)[:12]}"
