"""Searches are compared whatever becomes of their picks: one that diverges with another seed is infinitely bad."""

from __future__ import annotations

import importlib.util
import math
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest

from nas_gan.metrics.scores import Scores
from nas_gan.runs.record import RungRecord, RunRecord, write_record
from nas_gan.spec import Architecture, compute_cost

SCRIPT = Path(__file__).parents[1] / "scripts" / "compare_searches.py"
SEARCHES = Path(__file__).parents[1] / "studies" / "searches"
SCORES = Scores(images=10, protocol_fingerprint="", frechet_distance=31.5)


def _record(outcome: Literal["complete", "pruned", "interrupted"]) -> RunRecord:
    tree = {
        "image": {"channels": 1, "resolution": 14},
        "generator": {"stages": [{}]},
        "discriminator": {"stages": [{}]},
    }
    architecture = Architecture.from_tree(tree, "test")
    rung = RungRecord(images_seen=18_000, scores=SCORES, training_seconds=1.0, scoring_seconds=1.0)
    return RunRecord(
        outcome=outcome,
        reason="",
        architecture=architecture,
        architecture_hash="",
        recipe_hash="",
        cost=compute_cost(architecture),
        data={"source": "mnist5k"},
        data_fingerprint="",
        class_names=(),
        protocol={"name": "classifier-5k", "seed": 0, "sample_count": 5_000},
        seed=100,
        precision="float32",
        images_planned=18_000,
        images_seen=18_000,
        rungs=(rung,) if outcome == "complete" else (),
        curve=(),
        reused_from=None,
        device="cpu",
        versions={},
        started_at="2026-01-01",
        wall_seconds=1.0,
    )


def _load_script() -> Any:
    spec = importlib.util.spec_from_file_location("compare_searches", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_searches_that_came_with_the_repository_are_read_whole() -> None:
    search, texts = _load_script().Search, [path.read_text() for path in sorted(SEARCHES.glob("*.json"))]
    assert texts
    assert [search.from_json(text).to_json() for text in texts] == texts


def test_a_pick_that_diverges_with_another_seed_is_infinitely_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = _load_script()

    def train(outcome: Literal["complete", "pruned", "interrupted"]) -> float:
        def call(folder: Path, *words: str) -> None:
            (folder / words[-1]).mkdir(exist_ok=True)
            write_record(folder / words[-1], _record(outcome))
            if outcome != "complete":
                raise subprocess.CalledProcessError(1, words)

        monkeypatch.setattr(script, "_call", call)
        return float(script._train_again(tmp_path, "mnist5k", 100))

    assert train("complete") == 31.5
    assert train("pruned") == math.inf
    with pytest.raises(subprocess.CalledProcessError):
        train("interrupted")
