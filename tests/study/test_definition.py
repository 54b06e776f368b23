"""A study remembers what it is, and refuses to go on as something else."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from nas_gan.errors import InputError
from nas_gan.study.definition import StudyDefinition, create_or_continue, definition_of, load_study
from nas_gan.study.storage import open_storage

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


def test_an_unknown_study_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "studies.db"), create=True)
    create_or_continue(storage, "known", DEFINITION)
    with pytest.raises(InputError, match=r"unknown.*known"):
        load_study(storage, "unknown")
