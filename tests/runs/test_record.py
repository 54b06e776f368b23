"""Records: those from before a score was made still load."""

from __future__ import annotations

import json

from nas_gan.metrics.scores import Scores
from nas_gan.runs.make_record import make_rung
from nas_gan.runs.record import CostRecord, RungRecord, RunRecord, parse_record
from nas_gan.spec import Architecture

FIRST_RUNG = """{"images_seen": 900, "inception_score": 2.5, "inception_score_deviation": 0.1,
"frechet_distance": 31.5, "kernel_distance": null, "protocol": "abc", "training_seconds": 1.0,
"scoring_seconds": 0.5}"""


def test_a_rung_of_the_first_version_loads() -> None:
    rung = RungRecord.model_validate_json(FIRST_RUNG)
    assert (rung.frechet_distance, rung.inception_score) == (31.5, 2.5)
    assert rung.transport_distance is None
    assert rung.class_frechet_distances is None


def test_a_rung_keeps_every_score() -> None:
    scores = Scores(
        images=10,
        protocol_fingerprint="abc",
        class_frechet_distances=(1.0, 2.0),
        mean_class_frechet_distance=1.5,
        modes_covered=3,
        near_share=0.25,
        transport_distance=0.5,
    )
    rung = make_rung(900, scores, training_seconds=2.0, scoring_seconds=1.0)
    assert RungRecord.model_validate_json(rung.model_dump_json()) == rung
    assert (rung.images_seen, rung.protocol) == (900, "abc")
    assert (rung.class_frechet_distances, rung.modes_covered) == ((1.0, 2.0), 3)
    assert rung.inception_score is None


def test_a_record_from_before_there_were_kinds_loads() -> None:
    tree = {
        "image": {"channels": 1, "resolution": 28},
        "generator": {"stages": [{}, {}]},
        "discriminator": {"stages": [{}, {}]},
        "optimisers": {"generator": {"learning_rate": 0.001}},
    }
    record = RunRecord(
        outcome="complete",
        reason="",
        architecture=Architecture.from_tree(tree, "test"),
        architecture_hash="00",
        recipe_hash="00",
        cost=CostRecord(
            generator_parameters=1, generator_macs=1, discriminator_parameters=1, discriminator_macs=1
        ),
        data={},
        data_fingerprint="00",
        class_names=(),
        protocol={},
        seed=0,
        precision="float32",
        images_planned=1,
        images_seen=1,
        rungs=(),
        curve=(),
        reused_from=None,
        device="cpu",
        versions={},
        started_at="2026-01-01",
        wall_seconds=1.0,
    )
    plain = json.loads(record.to_json())
    for table in (plain["architecture"], plain["architecture"]["optimisers"]):
        for network in ("generator", "discriminator"):
            del table[network]["kind"]
    assert parse_record(json.dumps(plain), "test") == record
    assert parse_record(record.to_json(), "test") == record
