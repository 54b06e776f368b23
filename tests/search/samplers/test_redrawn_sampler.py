"""Whichever sampler draws, a study gets points that keep to its limits; without any, what that sampler draws alone."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import optuna
import pytest

from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.samplers.limits import Limits
from nas_gan.search.settings import SamplerKind
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space
from nas_gan.spec import Image, compute_cost

TINY, IMAGE = load_space("tiny"), Image(channels=1, resolution=28, classes=10)
ROOMY = Limits(max_parameters=10**12)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def _run(kind: SamplerKind, limits: Limits, trials: int) -> optuna.Study:
    """A study whose best points are the largest."""
    study = optuna.create_study(direction="maximize", sampler=build_sampler(kind, 1, TINY, IMAGE, limits))
    study.optimize(lambda trial: float(compute_cost(TINY.fill(trial, IMAGE)).macs), n_trials=trials)
    return study


@pytest.mark.parametrize("kind", get_args(SamplerKind))
def test_all_trials_keep_to_the_limits(kind: SamplerKind) -> None:
    median = int(statistics.median(trial.values[0] for trial in _run("random", Limits(), 30).trials))
    limited = _run(kind, Limits(max_macs=median), 25)
    assert max(trial.values[0] for trial in limited.trials) <= median
    conditional = _run(kind, Limits(conditional_metric="class-fid"), 12)
    assert {trial.params["joint.labels"] for trial in conditional.trials} == {"conditional"}


@pytest.mark.parametrize("kind", get_args(SamplerKind))
def test_without_a_tight_limit_it_draws_as_without_any(kind: SamplerKind) -> None:
    alone, redrawn = _run(kind, Limits(), 16), _run(kind, ROOMY, 16)
    assert [trial.params for trial in alone.trials] == [trial.params for trial in redrawn.trials]
    assert [trial.distributions for trial in alone.trials] == [
        trial.distributions for trial in redrawn.trials
    ]


def test_holes_set_by_hand_stay_and_a_database_serves_as_well(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    study = optuna.create_study(storage=storage, sampler=build_sampler("tpe", 1, TINY, IMAGE, ROOMY))
    study.enqueue_trial({"joint.labels": "conditional", "generator.latent_dim": 7})
    assert TINY.fill(study.ask(), IMAGE).latent_generator.latent_dim == 7
    assert study.trials[0].params["joint.labels"] == "conditional"


@pytest.mark.parametrize("kind", get_args(SamplerKind))
def test_where_nothing_is_admitted_the_trial_is_left_to_be_rejected(kind: SamplerKind) -> None:
    limits = Limits(max_parameters=1)
    trial = _run(kind, limits, 1).trials[0]
    architecture = TINY.fill(optuna.trial.FixedTrial(trial.params), IMAGE)
    parameters = compute_cost(architecture).parameters
    assert limits.reasons_against(architecture) == [
        f"{parameters:,} parameters are more than `max_parameters` 1"
    ]
