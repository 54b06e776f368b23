"""A study of points of the plane, ranked by what points are scored by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial

from nas_gan.data import DataConfig, load_dataset
from nas_gan.runs.resources import choose_device, image_of, load_resources
from nas_gan.runs.scoring import Resources
from nas_gan.search.catalogue import rank
from nas_gan.search.definition import StudyDefinition, create_or_continue
from nas_gan.search.objective import Objective
from nas_gan.search.pace import PaceLimit
from nas_gan.search.samplers.limits import Limits
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space


@pytest.fixture(scope="module")
def resources() -> Resources:
    """The Swiss roll, and the default scorer of points."""
    roll = load_dataset(DataConfig("swiss_roll", limit=500))
    return load_resources(
        DataConfig("swiss_roll", limit=500),
        roll,
        protocol="plane-1k",
        seed=0,
        device=choose_device("cpu"),
        inception_weights=None,
        announce=pytest.fail,
    )


@pytest.fixture
def build_objective(tmp_path: Path, resources: Resources, points_space: str) -> Callable[..., Objective]:
    """An objective of a study of points by a metric."""

    def build(metric: str) -> Objective:
        (tmp_path / "space.toml").write_text(points_space)
        image = image_of(resources.dataset)
        definition = StudyDefinition(
            space="space",
            space_fingerprint="",
            data="swiss_roll",
            data_fingerprint=resources.dataset.fingerprint,
            channels=image.channels,
            resolution=image.resolution,
            classes=image.classes,
            metric=metric,
            protocol={},
            images=128,
            rungs=(64, 128),
            seed=0,
            precision="float32",
        )
        storage = open_storage(str(tmp_path / "studies.db"), create=True)
        create_or_continue(storage, metric, definition)
        space = load_space(str(tmp_path / "space.toml"))
        pace = PaceLimit(None, 128)
        return Objective(
            storage, metric, definition, space, resources, tmp_path, Limits(), 0, lambda _: None, pace
        )

    return build


@pytest.mark.parametrize(
    ("metric", "field"), [("transport", "transport_distance"), ("modes", "modes_covered")]
)
def test_a_study_of_points_is_ranked_by_its_metric(
    build_objective: Callable[..., Objective],
    run_trial: Callable[..., FrozenTrial],
    tmp_path: Path,
    metric: str,
    field: str,
) -> None:
    objective = build_objective(metric)
    study = optuna.load_study(study_name=metric, storage=objective.storage)
    for latent_dim in (2, 3):
        study.enqueue_trial({"generator.latent_dim": latent_dim})
        run_trial(objective, open_storage(str(tmp_path / "studies.db"), create=False))
    ranking = rank(study)
    values = [trial.value for trial in ranking]
    assert values == [getattr(trial.record.rungs[-1].scores, field) for trial in ranking if trial.record]
    assert values == sorted(values, key=lambda value: value or 0.0, reverse=metric == "modes")
    assert len(values) == 2
