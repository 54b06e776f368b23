"""Schedulers against Optuna's own pruners, and against successive halving written out."""

from __future__ import annotations

import random

import optuna
import pytest

from nas_gan.table.schedulers import Always, BelowMedian, Promotion, Scheduler, Stopping, TopShare

RUNGS = (1, 3, 9)  # as `SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)` has them


def make_signals(seed: int, trials: int = 60) -> list[tuple[float, ...]]:
    generator = random.Random(seed)
    levels = [generator.gauss(0, 1) for _ in range(trials)]
    return [tuple(level + generator.gauss(0, 0.5) for _ in RUNGS) for level in levels]


def passed(scheduler: Scheduler, signals: list[tuple[float, ...]]) -> list[int]:
    """How many rungs each trial came to, one trial at a time."""
    reached = []
    for trial, shown in enumerate(signals):
        assert scheduler.choose() is None
        rung = 0
        scheduler.observe(trial, rung, shown[rung])
        while scheduler.choose() is not None:
            assert scheduler.choose() == trial
            rung += 1
            scheduler.observe(trial, rung, shown[rung])
        reached.append(rung + 1)
    return reached


def passed_in_optuna(pruner: optuna.pruners.BasePruner, signals: list[tuple[float, ...]]) -> list[int]:
    study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
    reached = []
    for shown in signals:
        trial = study.ask()
        rung = 0
        for rung, step in enumerate(RUNGS):
            trial.report(shown[rung], step)
            if rung + 1 < len(RUNGS) and trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, shown[-1])
        reached.append(rung + 1)
    return reached


@pytest.mark.parametrize("seed", range(5))
def test_stopping_is_as_optunas_successive_halving(seed: int) -> None:
    signals = make_signals(seed)
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    ours = passed(Stopping(3, TopShare(3)), signals)
    assert ours == passed_in_optuna(pruner, signals)
    assert len(set(ours)) == 3


@pytest.mark.parametrize("seed", range(5))
def test_the_median_rule_is_as_optunas(seed: int) -> None:
    signals = make_signals(seed)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=5)
    ours = passed(Stopping(3, BelowMedian()), signals)
    assert ours == passed_in_optuna(pruner, signals)
    assert {1, 3} <= set(ours)


def test_without_pruning_all_come_to_the_end() -> None:
    assert passed(Stopping(3, Always()), make_signals(0)) == [3] * 60


def test_a_trial_that_broke_off_is_neither_chosen_nor_compared() -> None:
    scheduler = Stopping(2, TopShare(2))
    scheduler.observe(0, 0, 1.0)
    assert scheduler.choose() == 0
    scheduler.fail(0)
    assert scheduler.choose() is None


@pytest.mark.parametrize("seed", range(5))
def test_promotion_promotes_the_best_share_of_each_rung(seed: int) -> None:
    """Whenever a new trial begins, the best third of each rung has gone on, and nobody who never was among it."""
    signals = make_signals(seed)
    scheduler = Promotion(3, 3)
    rungs: list[dict[int, float]] = [{}, {}, {}]
    ever: list[set[int]] = [set(), set()]
    begun = 0
    while begun < len(signals):
        trial = scheduler.choose()
        for rung in range(2):
            best = sorted(rungs[rung], key=lambda one: rungs[rung][one])[: len(rungs[rung]) // 3]
            ever[rung] |= set(best)
            if trial is None:
                assert set(best) <= rungs[rung + 1].keys()
            assert rungs[rung + 1].keys() <= ever[rung]
        if trial is None:
            trial, begun = begun, begun + 1
        rung = sum(trial in seen for seen in rungs)
        rungs[rung][trial] = signals[trial][rung]
        scheduler.observe(trial, rung, signals[trial][rung])
    assert len(rungs[2]) > 3
