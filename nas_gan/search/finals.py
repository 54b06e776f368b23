"""Which trials are trained again, and how often: successive rejects among the finalists, then seeds for the figure.

Audibert, Bubeck & Munos, "Best Arm Identification in Multi-Armed Bandits" (COLT 2010): after each round, here a fresh
seed for each that is left, the worst by its mean is rejected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import optuna

from nas_gan.search.catalogue import Trial, read_trials
from nas_gan.search.definition import definition_of
from nas_gan.search.repeats import EndedRepeat, Repeat, mean_key, read_ended, repeats_queue, sample_of

SHARE = 5
"""Repeats may take one part in so many of what the search itself took."""
SIZES = (5, 3, 2, 1)
FIGURE_SEEDS = 2
LEAST_SECONDS = 1200.0
"""Searches that took less than this, of all workers together, have no finals unless they were asked for."""
MARGIN = 1.25


@final
@dataclass(frozen=True)
class Plan:
    """Say who is trained again. `entrants`: numbers of trials, the best first.

    `rounds`: fresh seeds to compare them by. `rejects`: whether each round rejects the worst, so that the rounds end
    with the last but one. `figures`: further seeds for the one that is chosen, which took no part in that.
    """

    entrants: tuple[int, ...]
    rounds: int
    rejects: bool
    figures: int


def race(entrants: Sequence[int]) -> Plan:
    """Plan the finals of a search."""
    return Plan(tuple(entrants), len(entrants) - 1, True, FIGURE_SEEDS)


def next_repeats(plan: Plan, ended: Sequence[EndedRepeat], sign: float) -> list[Repeat]:
    """Say what is to be trained next, all of it side by side; nothing once the plan is carried out.

    `ended`: all repeats of the study, none of which is at work. `sign`: -1 where a larger value is better.
    """
    known = {one.repeat: one for one in ended}
    alive = list(plan.entrants)

    def weigh(number: int, places: int) -> tuple[bool, float]:
        mine = (Repeat(number, "choice", place) for place in range(1, places + 1))
        return mean_key(sample_of(known[repeat] for repeat in mine), sign)

    compared = 0
    for place in range(1, plan.rounds + 1 if len(alive) > 1 else 1):
        wanted = [Repeat(number, "choice", place) for number in alive]
        if missing := [repeat for repeat in wanted if repeat not in known]:
            return missing
        compared = place
        if plan.rejects:
            alive.remove(max(alive, key=lambda number: weigh(number, compared)))
    if not alive:
        return []
    winner = min(alive, key=lambda number: weigh(number, compared)) if compared else alive[0]
    figures = [Repeat(winner, "figure", place) for place in range(1, plan.figures + 1)]
    return [repeat for repeat in figures if repeat not in known]


def trainings_of(plan: Plan) -> list[int]:
    """Count the trainings of each step of a plan, that go on side by side."""
    count = len(plan.entrants)
    rounds = [count - place if plan.rejects else count for place in range(plan.rounds)] if count > 1 else []
    return [*rounds, plan.figures]


def finals_of(study: optuna.Study, size: int | None, workers: int) -> tuple[Plan, float] | None:
    """Plan a search's finals, and say how many seconds they take on so many workers; None for none.

    `size`: how many finalists; None for as many as a fifth of the search's compute pays for.
    """
    trials = [trial for trial in read_trials(study) if trial.record and trial.record.reused_from is None]
    sign = definition_of(study).sign
    complete = sorted(
        (trial for trial in trials if trial.value is not None),
        key=lambda trial: sign * (trial.value or 0.0),
    )
    if not complete or size == 0:
        return None
    spent = sum(map(_seconds, trials))
    for count in SIZES if size is None else (size,):
        entrants = complete[:count]
        plan, each = race([trial.number for trial in entrants]), max(map(_seconds, entrants))
        is_paid = spent >= LEAST_SECONDS and SHARE * sum(trainings_of(plan)) * each <= spent
        if size is not None or (len(entrants) == count and is_paid):
            steps = sum(math.ceil(step / max(workers, 1)) for step in trainings_of(plan))
            return plan, steps * each * MARGIN
    return None


def has_repeats_left(study: optuna.Study, size: int | None) -> bool:
    """Say whether something is left of a search's finals, once all its trials have ended."""
    queue, found = repeats_queue(study), finals_of(study, size, 1)
    if queue is None or found is None:
        return False
    jobs = queue.all()
    sign = definition_of(study).sign
    is_open = any(not job.has_ended for job in jobs)
    return is_open or bool(next_repeats(found[0], read_ended(queue, jobs), sign))


def _seconds(trial: Trial) -> float:
    return trial.record.rung_seconds if trial.record else 0.0
