"""Replays against searches written out by hand, on tables small enough to check."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from nas_gan.errors import InputError
from nas_gan.search.samplers.observation import Observation
from nas_gan.table import Row
from nas_gan.table.compute import classifier_macs
from nas_gan.table.replay import Course, InOrder, Proposed, Values, by_point, replay
from nas_gan.table.samplers import NearPoints, RandomPoints
from nas_gan.table.schedulers import Always, Promotion, Stopping, TopShare
from nas_gan.table.speedup import median_at, speed_up
from nas_gan.table.tasks import Conditions, mean_cost, replay_samplers, replay_schedulers
from nas_gan.table.trained import Trained, read_trained

MakeRow = Callable[..., Row]
RUNGS = (100, 200, 300)
GENERATOR = np.random.default_rng(0)


def make_run(
    name: str, signals: tuple[float, ...], cost: float = 1.0, values: Values | None = None
) -> Trained:
    quality = signals[-1] if len(signals) == len(RUNGS) else math.inf
    return Trained(name, values or {"hole": name}, (cost,) * len(signals), signals, quality)


def test_without_pruning_the_best_so_far_is_a_running_minimum() -> None:
    finals = [50.0, 70.0, 40.0, 60.0, 30.0]
    runs = [make_run(str(number), (9.0, 9.0, final)) for number, final in enumerate(finals)]
    course = replay(InOrder(runs), Stopping(3, Always()), RUNGS, 100.0)
    assert (course.trials, course.complete, course.spent) == (5, 5, 15.0)
    expected = [math.inf, *itertools.accumulate(finals, min)]
    assert [course.at(compute) for compute in range(2, 18, 3)] == expected[:6]
    assert course.at(2.99) == math.inf


def test_halving_pays_for_the_rungs_that_it_trains_to() -> None:
    # The second is worse than the first at the first rung, the third passes it alone and falls behind at the second.
    runs = [
        make_run("a", (5.0, 5.0, 50.0), cost=1.0),
        make_run("b", (6.0, 1.0, 10.0), cost=10.0),
        make_run("c", (4.0, 6.0, 20.0), cost=100.0),
    ]
    course = replay(InOrder(runs), Stopping(3, TopShare(2)), RUNGS, 1e6)
    assert course.spent == 3 * 1.0 + 10.0 + 2 * 100.0
    assert (course.trials, course.complete) == (3, 1)
    assert course.at(course.spent) == 50.0


def test_promotion_goes_on_with_a_paused_trial() -> None:
    runs = [
        make_run("a", (5.0, 5.0, 50.0)),
        make_run("b", (6.0, 1.0, 10.0)),
        make_run("c", (4.0, 6.0, 20.0)),
        make_run("d", (7.0, 1.0, 1.0)),
    ]
    course = replay(InOrder(runs), Promotion(3, 2), RUNGS, 1e6)
    # a, b begin; a goes on; c, d begin; c (then the best of four) goes on; of a and c at the second rung a goes on.
    assert course.spent == 4 + 2 + 1
    assert course.at(course.spent) == 50.0


def test_a_search_ends_before_the_step_that_it_cannot_pay() -> None:
    runs = [make_run("a", (1.0, 1.0, 9.0)), make_run("b", (1.0, 1.0, 8.0))]
    course = replay(InOrder(runs), Stopping(3, Always()), RUNGS, 5.5)
    assert (course.spent, course.at(5.5), course.trials) == (5.0, 9.0, 2)


def test_a_run_that_broke_off_costs_what_it_took() -> None:
    broken = Trained("a", {"hole": "a"}, (1.0, 0.5), (1.0, math.inf), math.inf)
    course = replay(InOrder([broken, make_run("b", (2.0, 2.0, 8.0))]), Stopping(3, Always()), RUNGS, 1e6)
    assert (course.spent, course.complete, course.qualities) == (1.5 + 3.0, 1, (8.0,))


def test_rows_cost_training_and_the_scoring_of_chosen_rungs(make_row: MakeRow) -> None:
    row = make_row(0, (3.0, 2.0, 1.0), macs=1_000_000)
    row = row.model_copy(update={"made": row.made.model_copy(update={"protocol": {"sample_count": 10}})})
    shared = row.architecture["training"]["generated_batch"] == "shared"
    an_image = (8 + (3 if shared else 4)) * 1e6
    scoring = 10 * (1e6 + classifier_macs(1, 14, 10))
    run = read_trained(row, (100, 300))
    assert run.costs == (100 * an_image + scoring, 200 * an_image + scoring)
    assert run.signals == (3.0, 1.0)
    assert run.quality == 1.0
    assert read_trained(row, (100, 300), "kid").signals == (0.003, 0.001)


def test_a_row_that_broke_off_is_infinitely_bad_there(make_row: MakeRow) -> None:
    row = make_row(0, (3.0, 2.0)).model_copy(update={"images_seen": 250})
    row = row.model_copy(update={"made": row.made.model_copy(update={"protocol": {"sample_count": 0}})})
    run = read_trained(row, (100, 200, 300))
    assert run.signals == (3.0, 2.0, math.inf)
    assert run.costs[2] == pytest.approx(run.costs[1] / 2)
    assert run.quality == math.inf


@pytest.mark.parametrize("rungs", [(100,), (50, 300), (300, 100), ()])
def test_rungs_are_those_of_the_table(make_row: MakeRow, rungs: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="choose ascending ones among 100, 200, 300"):
        read_trained(make_row(0, (3.0, 2.0, 1.0)), rungs)


def test_the_same_seed_replays_the_same_searches(make_row: MakeRow) -> None:
    rows = _rows(make_row, 20)
    conditions = Conditions(RUNGS, 3, "fid", 6 * mean_cost(rows), 10)
    first, again = (replay_schedulers(rows, "halving", conditions) for _ in range(2))
    assert first == again
    other = Conditions(RUNGS, 3, "fid", 6 * mean_cost(rows), 10, seed=1)
    assert replay_schedulers(rows, "halving", other) != first


def test_random_search_finds_the_minimum_of_as_many_as_it_trains(make_row: MakeRow) -> None:
    """Of 20 runs of equal cost, 4 trained: the best is below the k-th best with the hypergeometric's probability."""
    rows = _rows(make_row, 20)
    budget = 4.01 * sum(read_trained(rows[0], (300,)).costs)
    courses = replay_schedulers(rows, "none", Conditions((300,), 3, "fid", budget, 2000))
    assert {course.complete for course in courses} == {4}
    share = np.mean([course.at(budget) <= 104.0 for course in courses])  # the best five are 100 to 104
    assert share == pytest.approx(1 - math.comb(15, 4) / math.comb(20, 4), abs=0.03)


def test_speed_up_is_the_ratio_of_computes() -> None:
    reference = [Course((float(k),), (10.0,), 8.0, 1, 1) for k in (6, 7, 8)]
    ours = [Course((1.0, 2.0), (20.0, 10.0), 8.0, 2, 2) for _ in range(3)]
    found = speed_up(ours, reference, 8.0, GENERATOR)
    assert found.value == pytest.approx(4.0, rel=0.03)
    assert (found.low, found.high) == (found.value, found.value)
    assert speed_up(reference, ours, 8.0, GENERATOR).value == pytest.approx(8 / 7, rel=0.03)
    worse = [Course((1.0,), (11.0,), 8.0, 1, 1)] * 3
    assert speed_up(worse, reference, 8.0, GENERATOR).value == pytest.approx(7 / 8, rel=0.03)
    assert median_at(worse, 8.0, GENERATOR) == (11.0, 11.0, 11.0)
    assert median_at(worse, 0.5, GENERATOR).value == math.inf


def _same(history: Sequence[Observation]) -> Values:
    return {"hole": "a"}


def test_a_repeated_proposal_costs_nothing_and_ends_the_search() -> None:
    runs = by_point([make_run("a", (1.0, 1.0, 9.0)), make_run("b", (1.0, 1.0, 8.0))])
    course = replay(Proposed(_same, runs, random.Random(0)), Stopping(3, Always()), RUNGS, 1e6)
    assert (course.trials, course.spent) == (1, 3.0)


def test_a_point_that_was_not_recorded_is_refused() -> None:
    runs = by_point([make_run("b", (1.0, 1.0, 8.0))])
    with pytest.raises(InputError, match="no run of the point hole a; record its set whole"):
        replay(Proposed(_same, runs, random.Random(0)), Stopping(3, Always()), RUNGS, 1e6)


def _grid_runs() -> list[Trained]:
    """Points of three holes of four values, whose score is a bowl."""
    return [
        make_run(f"{a}{b}{c}", (v := 1.0 + a + b + c, v, v), values={"a": a, "b": b, "c": c})
        for a, b, c in itertools.product(range(4), repeat=3)
    ]


@pytest.mark.parametrize("new_sampler", [RandomPoints, NearPoints])
def test_samplers_find_every_point_in_the_end(new_sampler: Callable[..., RandomPoints | NearPoints]) -> None:
    runs = _grid_runs()
    generator = random.Random(0)
    source = Proposed(new_sampler([run.values for run in runs], generator).propose, by_point(runs), generator)
    course = replay(source, Stopping(3, Always()), RUNGS, 1e9)
    assert course.trials == len(runs)
    assert course.at(1e9) == 1.0


def test_local_search_beats_random_on_a_bowl() -> None:
    runs = _grid_runs()

    def search(new_sampler: Callable[..., RandomPoints | NearPoints], seed: int) -> float:
        generator = random.Random(seed)
        source = Proposed(
            new_sampler([run.values for run in runs], generator).propose, by_point(runs), generator
        )
        return replay(source, Stopping(3, Always()), RUNGS, 3.0 * 15).at(1e9)

    near, at_random = (
        np.mean([search(one, seed) for seed in range(100)]) for one in (NearPoints, RandomPoints)
    )
    assert near < at_random - 0.2


def test_samplers_are_replayed_on_rows(make_row: MakeRow) -> None:
    rows = [make_row(number, (9.0, 9.0, 10.0 + number), holes={"hole": number}) for number in range(12)]
    rows += [make_row(0, (9.0, 9.0, 5.0), seed=1, holes={"hole": 0})]
    conditions = Conditions(RUNGS, 3, "fid", 1e15, 40)
    courses = replay_samplers(rows, lambda *given: RandomPoints(*given).propose, "none", conditions)
    assert {course.trials for course in courses} == {12}
    assert {course.at(1e15) for course in courses} == {5.0, 10.0}


def _rows(make_row: MakeRow, count: int) -> list[Row]:
    base = make_row(0, (1.0, 1.0, 1.0))
    made = base.made.model_copy(update={"protocol": {"sample_count": 10}})
    generator = random.Random(0)
    found = []
    for number in range(count):
        distances = (200 + generator.random(), 150 + generator.random(), 100.0 + number)
        rungs = make_row(0, distances).rungs
        found.append(base.model_copy(update={"index": number, "rungs": rungs, "made": made}))
    return found
