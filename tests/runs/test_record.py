"""Records: every score is kept, and a record of another version is refused in one line."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from nas_gan.data import DataConfig
from nas_gan.errors import InputError
from nas_gan.metrics.scores import Scores
from nas_gan.runs.record import CurveFacts, DataFacts, RungRecord, RunRecord, parse_record
from nas_gan.spec import Architecture, Cost
from nas_gan.training import CurvePoint

SCORES = Scores(
    images=10,
    protocol_fingerprint="abc",
    class_frechet_distances=(1.0, 2.0),
    mean_class_frechet_distance=1.5,
    modes_covered=3,
    near_share=0.25,
    transport_distance=0.5,
)
RUNG = RungRecord(images_seen=900, scores=SCORES, training_seconds=2.0, scoring_seconds=1.0)


def _make_record() -> RunRecord:
    tree = {
        "image": {"channels": 1, "resolution": 28},
        "generator": {"stages": [{}, {}]},
        "discriminator": {"stages": [{}, {}]},
        "optimisers": {"generator": {"learning_rate": 0.001}},
    }
    return RunRecord(
        outcome="complete",
        reason="",
        architecture=Architecture.from_tree(tree, "test"),
        architecture_hash="00",
        recipe_hash="00",
        cost=Cost(generator_parameters=1, generator_macs=1, discriminator_parameters=1, discriminator_macs=1),
        data={"source": "mnist5k"},
        data_fingerprint="00",
        class_names=("cat", "dog"),
        protocol={"name": "classifier-1k", "seed": 0},
        seed=0,
        precision="float32",
        images_planned=1,
        images_seen=1,
        rungs=(RUNG,),
        curve=(),
        reused_from=None,
        device="cpu",
        versions={},
        started_at="2026-01-01",
        wall_seconds=1.0,
    )


def test_a_rung_keeps_every_score() -> None:
    assert RungRecord.model_validate_json(RUNG.model_dump_json()) == RUNG


def test_a_rung_is_one_flat_table_for_programs() -> None:
    assert RUNG.facts() == {
        "images_seen": 900,
        "inception_score": None,
        "inception_score_deviation": None,
        "frechet_distance": None,
        "kernel_distance": None,
        "class_frechet_distances": (1.0, 2.0),
        "mean_class_frechet_distance": 1.5,
        "class_similarity": None,
        "class_shares": None,
        "effective_classes": None,
        "modes_covered": 3,
        "near_share": 0.25,
        "transport_distance": 0.5,
        "cycle_error": None,
        "protocol": "abc",
        "training_seconds": 2.0,
        "scoring_seconds": 1.0,
    }


def test_a_record_is_read_as_it_was_written() -> None:
    record = _make_record()
    assert parse_record(record.to_json(), "test") == record


def test_a_record_of_another_version_is_refused_in_one_line() -> None:
    older = json.loads(_make_record().to_json()) | {"format": 1}
    with pytest.raises(InputError, match=r"^test: not a record of this version: format: .*train .* again$"):
        parse_record(json.dumps(older), "test")
    later = json.loads(_make_record().to_json())
    later["rungs"][0]["scores"]["precision"] = 0.5
    with pytest.raises(InputError, match=r"rungs\.0\.scores: .*no score is called 'precision'"):
        parse_record(json.dumps(later), "test")


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("protocol", {}, "protocol.name"),
        ("protocol", {"name": [1], "seed": 0}, "protocol.name"),
        ("protocol", {"name": "classifier-1k", "seed": 2**70}, "protocol.seed"),
        ("protocol", {"name": "classifier-1k", "seed": "x"}, "protocol.seed"),
        ("data", {"source": 5}, "data.source"),
        ("data", {"source": " "}, "data.source"),
        ("data", {"source": "mnist5k", "evil": 1}, "data.evil"),
        ("data", {"source": "mnist5k", "limit": 28.5}, "data.limit"),
        ("curve", [{"updates": 3.0}], "curve.0.images_seen"),
        ("wall_seconds", "NaN", "wall_seconds"),
        ("class_names", ["cat"], "scores of more classes"),
    ],
)
def test_the_insides_of_a_foreign_record_are_checked(field: str, value: object, problem: str) -> None:
    tree = json.loads(_make_record().to_json())
    with pytest.raises(InputError, match=rf"^test: not a record of this version: .*{problem}"):
        parse_record(json.dumps({**tree, field: value}), "test")


def test_what_is_checked_inside_is_what_there_is() -> None:
    assert set(DataFacts.model_fields) == {field.name for field in fields(DataConfig)}
    assert set(CurveFacts.model_fields) == {field.name for field in fields(CurvePoint)}
