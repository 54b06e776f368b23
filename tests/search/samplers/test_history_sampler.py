"""The local search in studies: what it sees of trials, and that Optuna gets the point that was proposed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.pruners import SuccessiveHalvingPruner
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.samplers.history_sampler import AT_THE_END, HistorySampler, observe
from nas_gan.search.samplers.local import Observation
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space
from nas_gan.spec import Image, recipe_hash

TINY, IMAGE = load_space("tiny"), Image(channels=1, resolution=28, classes=10)
RUNGS = (10, 30, 90)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def _objective(trial: optuna.Trial) -> float:
    architecture = TINY.fill(trial, IMAGE)
    trial.set_user_attr("recipe", recipe_hash(architecture))
    rate = math.log10(architecture.optimisers.generator.learning_rate)
    value = abs(rate + 2.3) + architecture.conditional
    for rung in RUNGS:
        trial.report(value * 90 / rung, rung)
        if trial.should_prune():
            raise optuna.TrialPruned
    return value


def test_trials_of_a_study_are_new_points_and_get_better(tmp_path: Path) -> None:
    study = optuna.create_study(
        storage=open_storage(str(tmp_path / "studies.db"), create=True),
        sampler=build_sampler("local", 0, TINY, IMAGE),
        pruner=SuccessiveHalvingPruner(min_resource=RUNGS[0], reduction_factor=3),
    )
    study.optimize(_objective, n_trials=40)
    assert {trial.state for trial in study.trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    assert len({trial.user_attrs["recipe"] for trial in study.trials}) == 40
    values = [trial.intermediate_values[10] for trial in study.trials]
    assert sum(values[-15:]) < sum(values[:15])


def test_a_seed_repeats_a_study() -> None:
    def values(seed: int) -> list[dict[str, object]]:
        study = optuna.create_study(sampler=build_sampler("local", seed, TINY, IMAGE))
        study.optimize(_objective, n_trials=8)
        return [trial.params for trial in study.trials]

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_a_restart_goes_on_alike() -> None:
    def run(pieces: tuple[int, ...]) -> list[dict[str, object]]:
        storage = optuna.storages.InMemoryStorage()
        optuna.create_study(study_name="study", storage=storage)
        for trials in pieces:
            sampler = build_sampler("local", 5, TINY, IMAGE)
            study = optuna.load_study(study_name="study", storage=storage, sampler=sampler)
            study.optimize(_objective, n_trials=trials)
        return [trial.params for trial in study.trials]

    assert run((10,)) == run((4, 5, 1))


def test_workers_that_ask_side_by_side_get_different_points() -> None:
    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(study_name="study", storage=storage)
    studies = [
        optuna.load_study(study_name="study", storage=storage, sampler=build_sampler("local", 3, TINY, IMAGE))
        for _ in range(6)
    ]
    recipes = [recipe_hash(TINY.fill(study.ask(), IMAGE)) for study in studies]
    assert len(set(recipes)) == 6


def test_what_was_set_by_hand_stays_and_the_rest_is_proposed() -> None:
    study = optuna.create_study(sampler=build_sampler("local", 0, TINY, IMAGE))
    study.enqueue_trial({"joint.labels": "conditional", "generator.latent_dim": 7})
    study.enqueue_trial({"generator.latent_dim": 8})
    study.optimize(_objective, n_trials=3)
    first, second, _ = study.trials
    assert (first.params["joint.labels"], first.params["generator.latent_dim"]) == ("conditional", 7)
    assert second.params["generator.latent_dim"] == 8
    assert "optimisers.generator.learning_rate" in second.params


def test_a_trial_that_was_asked_in_part_goes_on_with_its_values() -> None:
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(storage=storage, sampler=build_sampler("local", 0, TINY, IMAGE))
    label = study.ask().suggest_categorical("joint.labels", ["unconditional", "conditional"])
    again = optuna.load_study(
        study_name=study.study_name, storage=storage, sampler=build_sampler("local", 9, TINY, IMAGE)
    )
    trial = optuna.Trial(again, study.trials[0]._trial_id)
    assert TINY.fill(trial, IMAGE).conditional == (label == "conditional")


def test_how_trials_are_seen() -> None:
    rate: dict[str, BaseDistribution] = {"rate": FloatDistribution(0.0, 1.0)}

    def seen(direction: StudyDirection = StudyDirection.MINIMIZE, **facts: Any) -> Observation:
        trial = create_trial(params={"rate": 0.5}, distributions=rate, **facts)
        return observe(trial, direction)

    complete: dict[str, Any] = {"value": 5.0, "intermediate_values": {10: 9.0, 90: 5.0}}
    assert seen(**complete) == Observation({"rate": 0.5}, "done", {10: 9.0, 90: 5.0})
    assert seen(StudyDirection.MAXIMIZE, **complete).scores == {10: -9.0, 90: -5.0}
    assert seen(value=5.0).scores == {AT_THE_END: 5.0}
    pruned, failed = TrialState.PRUNED, TrialState.FAIL
    assert seen(state=pruned, intermediate_values={10: 9.0}).state == "done"
    assert seen(state=pruned).state == "failed"
    paused = create_trial(state=pruned, intermediate_values={10: 9.0})
    paused.datetime_complete = None
    assert observe(paused, StudyDirection.MINIMIZE).state == "paused"
    assert seen(state=failed, intermediate_values={10: 9.0}).state == "failed"
    assert seen(state=TrialState.WAITING, intermediate_values={10: 9.0}).state == "paused"
    assert seen(state=TrialState.RUNNING, intermediate_values={10: 9.0}).scores == {10: 9.0}


def test_places_stand_for_the_scores_of_a_study_after_several_metrics() -> None:
    study = optuna.create_study()
    study.add_trials(
        [create_trial(value=value, intermediate_values={10: value}) for value in (5.0, 7.0, 9.0)]
    )
    seen: list[Observation] = []

    def propose(history: Sequence[Observation], _: Mapping[str, Any]) -> Mapping[str, Any]:
        seen.extend(history)
        return {}

    HistorySampler(propose, lambda: {0: {10: 3.0}}).prepare(study, study.trials[2])
    assert [(each.state, each.scores) for each in seen] == [("done", {10: 3.0}), ("done", {})]
