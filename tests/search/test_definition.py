"""A study remembers what it is, and refuses to go on as something else."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from nas_gan.errors import InputError
from nas_gan.metrics.protocol import Recipe, find_fitting_recipe, find_recipe
from nas_gan.metrics.scores import Metric, Scores
from nas_gan.runs.record import RungRecord
from nas_gan.search.definition import (
    StudyDefinition,
    choose_metric,
    create_or_continue,
    definition_of,
    load_study,
    value_at,
)
from nas_gan.search.storage.database import open_storage
from nas_gan.spec import Image

DEFINITION = StudyDefinition(
    space="tiny",
    space_fingerprint="aa",
    data="mnist5k",
    data_fingerprint="bb",
    channels=1,
    resolution=28,
    classes=10,
    metric="fid",
    protocol={"name": "classifier-5k", "seed": 0},
    images=900,
    rungs=(100, 300, 900),
    seed=0,
    precision="float32",
)


def test_the_same_definition_continues(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    first = create_or_continue(storage, "study", DEFINITION)
    again = create_or_continue(open_storage(str(tmp_path / "studies.db"), create=False), "study", DEFINITION)
    assert first._study_id == again._study_id
    assert definition_of(again) == DEFINITION
    assert again.direction.name == "MINIMIZE"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"space": "resdense"}, "space is tiny there and resdense here"),
        ({"space_fingerprint": "cc"}, "the content of space"),
        ({"data_fingerprint": "cc"}, "the content of data"),
        ({"metric": "is"}, "metric is fid there and is here"),
        ({"precision": "bfloat16"}, "precision is float32 there and bfloat16 here"),
        ({"images": 90, "rungs": (10, 30, 90)}, "images is 900 there and 90 here"),
        ({"protocol": {"name": "classifier-5k", "seed": 1}}, "protocol (seed)"),
    ],
)
def test_another_definition_is_refused_and_changes_nothing(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    create_or_continue(storage, "study", DEFINITION)
    with pytest.raises(InputError) as caught:
        create_or_continue(storage, "study", dataclasses.replace(DEFINITION, **change))
    assert said in str(caught.value)
    assert definition_of(load_study(storage, "study")) == DEFINITION


def test_a_study_goes_on_in_its_own_precision_where_none_is_asked_for(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    here = dataclasses.replace(DEFINITION, precision="bfloat16")
    create_or_continue(storage, "study", DEFINITION)
    study = create_or_continue(storage, "study", here, any_precision=True)
    assert definition_of(study) == DEFINITION
    assert definition_of(create_or_continue(storage, "new", here, any_precision=True)) == here


def test_an_unknown_study_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    create_or_continue(storage, "known", DEFINITION)
    with pytest.raises(InputError, match=r"unknown.*known"):
        load_study(storage, "unknown")


def _recipe_for(image: Image) -> Recipe:
    return find_fitting_recipe(None, "DATA", image.is_points, image.classes)


@pytest.mark.parametrize(
    ("name", "image", "chosen"),
    [
        (None, Image(channels=1, resolution=28, classes=10), "fid"),
        (None, Image(channels=2, resolution=1), "transport"),
        ("modes", Image(channels=2, resolution=1), "modes"),
        ("class-fid", Image(channels=1, resolution=28, classes=10), "class-fid"),
    ],
)
def test_a_metric_follows_from_the_data_unless_given(name: Metric | None, image: Image, chosen: str) -> None:
    assert choose_metric(name, image, _recipe_for(image)) == chosen


def test_the_inception_score_takes_a_protocol_that_knows_classes() -> None:
    photos = Image(channels=3, resolution=32)
    assert choose_metric("is", photos, find_recipe("inception-5k")) == "is"
    with pytest.raises(InputError, match=r"metric is: .* under protocol selfsup-5k; use fid or kid"):
        choose_metric("is", photos, find_recipe("selfsup-5k"))


@pytest.mark.parametrize(
    ("name", "image", "said"),
    [
        (
            "fid",
            Image(channels=2, resolution=1),
            "metric fid: can't be had of points under protocol plane-10k; use transport or modes or near",
        ),
        (
            "transport",
            Image(channels=1, resolution=28, classes=10),
            "images under protocol classifier-5k; use fid or is or kid or class-fid",
        ),
        (
            "class-fid",
            Image(channels=3, resolution=32),
            "images without labels under protocol selfsup-5k; use fid or kid",
        ),
    ],
)
def test_a_metric_that_the_data_cannot_have_is_refused(name: Metric, image: Image, said: str) -> None:
    with pytest.raises(InputError) as caught:
        choose_metric(name, image, _recipe_for(image))
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("fid", "minimize"),
        ("class-fid", "minimize"),
        ("transport", "minimize"),
        ("is", "maximize"),
        ("modes", "maximize"),
    ],
)
def test_every_metric_knows_which_way_is_better(name: Metric, direction: str) -> None:
    assert dataclasses.replace(DEFINITION, metric=name).direction == direction


def test_a_metric_that_was_not_scored_is_no_number() -> None:
    scores = Scores(images=10, protocol_fingerprint="p", frechet_distance=2.5)
    rung = RungRecord(images_seen=900, scores=scores, training_seconds=1.0, scoring_seconds=1.0)
    assert value_at(rung, "fid") == 2.5
    with pytest.raises(ValueError, match="class FID wasn't scored after 900 images"):
        value_at(rung, "class-fid")
