"""What becomes of a trial that is too large, fails, runs out of memory, diverges or was trained before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nas_gan.data import DataConfig, Dataset, ImageSet, cache_folder
from nas_gan.metrics.build import build_scorer
from nas_gan.metrics.protocol import ProtocolRecipe
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.runs.scoring import Resources
from nas_gan.search.catalogue import rank, states_of
from nas_gan.search.definition import StudyDefinition, create_or_continue
from nas_gan.search.events import Event
from nas_gan.search.objective import Objective
from nas_gan.search.pace import PaceLimit
from nas_gan.search.samplers.limits import Limits
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space

SPACE = """
[generator]
latent_dim = { choice = [2, 3] }
width = 2
stem_width = 2
[generator.stages]
[discriminator]
width = 2
[discriminator.stages]
[training]
batch_size = 4
"""
RECIPE = ProtocolRecipe("small", "classifier", 40, 2, "held_out", 2, 10, 20)


def _set_of_squares(count: int, seed: int) -> ImageSet:
    """Bright upper or lower halves with noise: two classes of 8×8 images."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    images = torch.randint(0, 60, (count, 1, 8, 8), generator=random, dtype=torch.uint8)
    images[labels == 0, :, :4] += 180
    images[labels == 1, :, 4:] += 180
    return ImageSet(images, labels)


@pytest.fixture(scope="module")
def resources() -> Resources:
    """Eighty small images and a scorer for them."""
    train, held_out = _set_of_squares(80, 0), _set_of_squares(40, 1)
    dataset = Dataset("squares", "squares", ("up", "down"), train, held_out, "squares")
    data = ScoringData(train.images, train.labels, held_out.images, held_out.labels, "squares")
    scorer = build_scorer(RECIPE, data, cache_folder(), torch.device("cpu"), lambda _: None)
    return Resources(DataConfig("squares"), dataset, train.images, train.labels, scorer, torch.device("cpu"))


@dataclass(frozen=True)
class Bench:
    """An objective on a new study, what it emits, and what its trials are run with."""

    objective: Objective
    storage: RDBStorage
    study: optuna.Study
    events: list[Event]
    run_trial: Callable[..., FrozenTrial]

    def one_trial(self, latent_dim: int = 2, check: Callable[[], None] = lambda: None) -> FrozenTrial:
        self.study.enqueue_trial({"generator.latent_dim": latent_dim})
        return self.run_trial(self.objective, self.storage, check)


@pytest.fixture
def build(
    tmp_path: Path, resources: Resources, run_trial: Callable[..., FrozenTrial]
) -> Callable[..., Bench]:
    """Makes a bench: `build(limits=Limits(max_parameters=100))`."""

    def build(**changes: Any) -> Bench:
        (tmp_path / "space.toml").write_text(SPACE)
        definition = StudyDefinition(
            space="space",
            space_fingerprint="",
            data="squares",
            data_fingerprint="squares",
            channels=1,
            resolution=8,
            classes=2,
            metric="fid",
            protocol={},
            images=40,
            rungs=(8, 16, 40),
            seed=0,
            precision="float32",
        )
        storage = open_storage(str(tmp_path / "studies.db"), create=True)
        events: list[Event] = []
        study = create_or_continue(storage, "study", definition)
        objective = Objective(
            storage,
            "study",
            definition,
            load_space(str(tmp_path / "space.toml")),
            resources,
            tmp_path,
            Limits(),
            0,
            events.append,
            PaceLimit(None, 40),
        )
        return Bench(replace(objective, **changes), storage, study, events, run_trial)

    return build


def test_the_same_recipe_is_trained_once(build: Callable[..., Bench]) -> None:
    bench = build()
    first, other, again = (bench.one_trial(latent_dim) for latent_dim in (2, 3, 2))
    assert again.value == first.value != other.value
    assert again.intermediate_values == first.intermediate_values
    assert json.loads(again.user_attrs["record"])["reused_from"] == first.number
    assert not (bench.objective.out / "study" / str(again.number)).exists()
    assert {trial.number for trial in rank(bench.study)} == {first.number, other.number}


def test_a_large_architecture_is_rejected_untrained(build: Callable[..., Bench]) -> None:
    bench = build(limits=Limits(max_parameters=100))
    trial = bench.one_trial()
    assert trial.user_attrs["outcome"] == "rejected"
    assert trial.state == TrialState.FAIL
    assert "more than `max_parameters` 100" in trial.user_attrs["reason"]
    assert not trial.intermediate_values
    assert bench.events == []
    # Neither counted nor shown.
    assert states_of(bench.study) == {}


def test_a_metric_of_classes_rejects_generators_without(build: Callable[..., Bench]) -> None:
    definition = build().objective.definition
    trial = build(
        definition=replace(definition, metric="class-fid"), limits=Limits(conditional_metric="class-fid")
    ).one_trial()
    assert trial.user_attrs["outcome"] == "rejected"
    assert trial.user_attrs["reason"] == "class-fid takes a generator that is told the class"


@pytest.mark.parametrize(
    ("error", "state", "outcome", "said"),
    [
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 TB"),
            "PRUNED",
            "pruned",
            "out of memory",
        ),
        (torch.OutOfMemoryError("CUDA out of memory."), "PRUNED", "pruned", "out of memory"),
        (MemoryError(), "PRUNED", "pruned", "out of memory"),
        (ZeroDivisionError("of mine"), "FAIL", "failed", "ZeroDivisionError: of mine"),
    ],
)
def test_an_error_ends_the_trial_and_not_the_study(
    build: Callable[..., Bench], error: Exception, state: str, outcome: str, said: str
) -> None:
    def fail() -> None:
        raise error

    trial = build().one_trial(check=fail)
    assert trial.state.name == state
    assert trial.user_attrs["outcome"] == outcome
    assert said in trial.user_attrs["reason"]


def test_a_space_that_fails_is_a_failed_trial(
    build: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rubbish_space.py").write_text("def space(trial):\n    return {'generator': 7}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    trial = build(space=load_space("rubbish_space:space")).one_trial()
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs["outcome"] == "failed"


def test_an_interrupted_trial_goes_on_under_its_own_number(build: Callable[..., Bench]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    bench = build()
    trial = bench.one_trial(latent_dim=3, check=stop)
    assert trial.state == TrialState.RUNNING
    assert states_of(bench.study) == {trial.number: "interrupted"}
    again = bench.run_trial(bench.objective, bench.storage)
    assert (again.number, again.state) == (trial.number, TrialState.COMPLETE)
    assert again.params == {"generator.latent_dim": 3}
    assert states_of(bench.study) == {again.number: "complete"}
    assert len(bench.study.get_trials()) == 1
