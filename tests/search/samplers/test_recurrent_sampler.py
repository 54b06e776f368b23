"""The sampler in studies: every storage and pruner, either direction, by hand, replayed, and copied."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
import torch
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.samplers.recurrent_controller import RecurrentController
from nas_gan.search.samplers.recurrent_sampler import RecurrentSampler, decisions_of, standing_of
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space
from nas_gan.spec import Image

RUNGS = (10, 30, 90)
TINY, IMAGE = load_space("tiny"), Image(channels=1, resolution=28, classes=10)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def _objective(trial: optuna.Trial) -> float:
    """Conditional holes of every kind; best, as a minimum, at dense with the smallest growth."""
    trial.suggest_categorical("fixed", ["only"])
    kind = trial.suggest_categorical("kind", ["plain", "dense", "broken"])
    if kind == "broken" and trial.number % 2:
        raise ValueError("broken")
    value = trial.suggest_float("rate", 1e-4, 1e-2, log=True)
    value += 3 - trial.suggest_int("growth", 8, 32, step=8) / 32 if kind == "dense" else 5.0
    for rung in RUNGS:
        trial.report(value / rung, rung)
        if trial.should_prune():
            raise optuna.TrialPruned
    return value


def _run(study: optuna.Study, trials: int) -> RecurrentController:
    study.optimize(_objective, n_trials=trials, catch=ValueError)
    return _learned(study, study.sampler)


def _learned(study: optuna.Study, sampler: optuna.samplers.BaseSampler) -> RecurrentController:
    assert isinstance(sampler, RecurrentSampler)
    sampler.before_trial(study, study.get_trials(deepcopy=False)[-1])
    return sampler.controller


def _assert_equal(one: RecurrentController, other: RecurrentController, study: optuna.Study) -> None:
    pairs = list(zip(one.memory.parameters(), other.memory.parameters(), strict=True))
    for trial in study.trials:
        for decision in decisions_of(trial):
            mine, theirs = one.weights_of(decision.hole), other.weights_of(decision.hole)
            pairs += zip(mine.parameters(), theirs.parameters(), strict=True)
    assert all(torch.equal(mine, theirs) for mine, theirs in pairs)


@pytest.mark.parametrize(
    "pruner",
    [SuccessiveHalvingPruner(min_resource=RUNGS[0], reduction_factor=3), MedianPruner(), NopPruner()],
)
def test_replay_gives_the_controller_that_learned_live(tmp_path: Path, pruner: BasePruner) -> None:
    path = str(tmp_path / "studies.db")
    study = optuna.create_study(
        study_name="study",
        storage=open_storage(path, create=True),
        sampler=build_sampler("rnn", 1, TINY, IMAGE),
        pruner=pruner,
    )
    live = _run(study, 24)
    assert {trial.state for trial in study.trials} >= {TrialState.COMPLETE, TrialState.FAIL}
    assert any(trial.state is TrialState.PRUNED for trial in study.trials) == (
        not isinstance(pruner, NopPruner)
    )
    again = optuna.load_study(study_name="study", storage=open_storage(path, create=False))
    _assert_equal(live, _learned(again, RecurrentSampler(2)), again)


def test_the_same_seed_draws_the_same_trials() -> None:
    def values(seed: int) -> list[dict[str, object]]:
        study = optuna.create_study(sampler=build_sampler("rnn", seed, TINY, IMAGE))
        _run(study, 8)
        return [trial.params for trial in study.trials]

    assert values(1) == values(1)
    assert values(1) != values(2)


@pytest.mark.parametrize("direction", [StudyDirection.MINIMIZE, StudyDirection.MAXIMIZE])
def test_it_learns_in_either_direction(direction: StudyDirection) -> None:
    study = optuna.create_study(direction=direction, sampler=RecurrentSampler(0))
    study.optimize(lambda trial: float(trial.suggest_int("x", 0, 7)), n_trials=150)
    chosen = [trial.params["x"] for trial in study.trials[-40:]]
    middle = sum(chosen) / len(chosen)
    assert middle < 2.5 if direction is StudyDirection.MINIMIZE else middle > 4.5


def test_ranges_are_kept_on_a_real_space_with_conditional_holes() -> None:
    def objective(trial: optuna.Trial) -> float:
        return float(TINY.fill(trial, IMAGE).latent_generator.latent_dim)

    study = optuna.create_study(sampler=build_sampler("rnn", 0, TINY, IMAGE))
    study.optimize(objective, n_trials=40)
    assert {trial.state for trial in study.trials} == {TrialState.COMPLETE}
    assert len({frozenset(trial.params) for trial in study.trials}) > 1
    for trial in study.trials:
        for name, distribution in trial.distributions.items():
            assert distribution._contains(distribution.to_internal_repr(trial.params[name]))


def test_values_set_by_hand_are_kept_and_learned_from() -> None:
    study = optuna.create_study(sampler=RecurrentSampler(0))
    study.enqueue_trial({"kind": "dense", "growth": 16})
    study.enqueue_trial({"growth": 8})
    live = _run(study, 6)
    first = study.trials[0]
    assert (first.params["kind"], first.params["growth"]) == ("dense", 16)
    assert [decision.hole.choices for decision in decisions_of(first)] == [3, 8, 4]
    _assert_equal(live, _learned(study, RecurrentSampler(5)), study)


def test_trials_of_another_sampler_are_learned_from() -> None:
    study = optuna.create_study(sampler=build_sampler("random", 0, TINY, IMAGE))
    study.optimize(_objective, n_trials=100, catch=ValueError)
    learned = _learned(study, RecurrentSampler(0))
    kind = decisions_of(study.trials[0])[0].hole
    assert learned.probabilities([], kind)[1] > 0.5


def test_a_copy_goes_on_alike() -> None:
    study = optuna.create_study(sampler=RecurrentSampler(3))
    _run(study, 5)
    copy = pickle.loads(pickle.dumps(study))
    _assert_equal(_run(study, 5), _run(copy, 5), study)
    assert [trial.params for trial in study.trials] == [trial.params for trial in copy.trials]


def test_another_study_starts_anew() -> None:
    sampler = RecurrentSampler(0)
    _run(optuna.create_study(study_name="one", sampler=sampler), 8)
    study = optuna.create_study(study_name="other", sampler=sampler)
    _assert_equal(_run(study, 4), _learned(study, RecurrentSampler(0)), study)


def test_standings_put_those_that_got_further_first() -> None:
    study = optuna.create_study(direction="minimize")
    pruned, nan = TrialState.PRUNED, float("nan")
    trials = [
        create_trial(value=5.0),
        create_trial(value=500.0),
        create_trial(state=pruned, intermediate_values={10: 1.0, 30: 80.0}),
        create_trial(state=pruned, intermediate_values={10: 20.0}),
        create_trial(state=pruned, intermediate_values={10: 30.0}),
        create_trial(state=pruned, intermediate_values={10: nan}),
        create_trial(state=pruned),
    ]
    standings = [standing_of(trial, study.direction) for trial in trials]
    assert standings == sorted(standings, reverse=True)
    assert len(set(standings)) == len(standings)
