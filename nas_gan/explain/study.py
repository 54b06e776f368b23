"""A study's trials as cases: their holes, and their scores at the highest rung that enough of them have reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import optuna

from nas_gan.errors import InputError
from nas_gan.explain.effects import Case, Worth, find_cases, measure_worth
from nas_gan.search.catalogue import Trial, rank
from nas_gan.search.definition import definition_of
from nas_gan.space.nodes import Scalar
from nas_gan.table.effects import FEWEST


@final
@dataclass(frozen=True)
class Explanation:
    """What a study's trials say. `images`: after which their scores were made. `best`: None before one has ended."""

    images: int
    cases: tuple[Case, ...]
    worth: tuple[Worth, ...]
    best: Trial | None
    best_holes: Mapping[str, Scalar]

    def changes_of_best(self) -> list[Worth]:
        """Measure what single changes of the best trial do: the clear ones first, and then the largest."""
        known = {
            hole: value
            for hole, value in self.best_holes.items()
            if any(case.holes.get(hole) == value for case in self.cases)
        }
        return sorted(measure_worth(self.cases, known), key=lambda one: not one.is_clear)


def explain_study(study: optuna.Study) -> Explanation:
    """Estimate what options are worth from a study's trials.

    Raises InputError where fewer than `table.effects.FEWEST` trials have reached any rung.
    """
    definition, trials = definition_of(study), study.get_trials(deepcopy=False)
    for images in reversed(definition.rungs):
        cases = find_cases(
            [
                Case(trial.params, trial.intermediate_values[images])
                for trial in trials
                if images in trial.intermediate_values
            ]
        )
        if len(cases) >= FEWEST:
            break
    else:
        raise InputError(
            f"study {study.study_name!r}: {len(cases)} trials have reached its first rung, and it takes {FEWEST}; "
            "search on"
        )
    ranking = rank(study)
    best = ranking[0] if ranking else None
    holes = {} if best is None else next(each.params for each in trials if each.number == best.number)
    return Explanation(images, tuple(cases), tuple(measure_worth(cases)), best, holes)
