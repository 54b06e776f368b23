"""`evaluate`: every score that was made is told, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_gan import Evaluation
from nas_gan.metrics.scores import Scores
from nas_gan.nets import Generator


def test_scores_are_told_on_a_line_each() -> None:
    scores = Scores(
        images=1000,
        protocol_fingerprint="p",
        inception_score=9.1,
        inception_score_deviation=0.05,
        frechet_distance=12.0,
        kernel_distance=-0.001,
        class_frechet_distances=(14.0, 16.0),
        mean_class_frechet_distance=15.0,
        class_similarity=0.5,
    )
    assert Evaluation(scores, {}, ("cat", "dog"), 0.25).lines() == [
        "FID 12.0000",
        "IS 9.1000 ± 0.0500",
        "KID -0.001000",
        "class FID 15.0000 (cat: 14.00, dog: 16.00)",
        "MS-SSIM 0.50000, of real images 0.25000",
    ]


def test_scores_that_were_not_made_are_left_out() -> None:
    points = Scores(
        images=10, protocol_fingerprint="p", modes_covered=7, near_share=0.5, transport_distance=0.25
    )
    assert Evaluation(points, {}, (), None).lines() == ["transport 0.25000", "modes 7", "near 0.5000"]
    assert Evaluation(Scores(images=10, protocol_fingerprint="p"), {}, (), None).lines() == []


def test_a_conditional_generator_is_scored_class_by_class(
    tmp_path: Path, conditional: tuple[Path, Generator], run_command: Any
) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = random.integers(0, 80, (60, 14, 14), dtype=np.uint8)
    images[np.arange(60), 4 * labels] = 250
    known = images[:30], labels[:30]
    path = tmp_path / "data.npz"
    np.savez(path, images=images, labels=labels, held_out_images=known[0], held_out_labels=known[1])
    arguments = ["--data", str(tmp_path / "data.npz"), "--protocol", "classifier-1k", "--json"]
    ended = run_command("evaluate", str(conditional[0]), *arguments)
    assert ended.code == 0, ended.err
    facts = json.loads(ended.out)
    distances = facts["scores"]["class_frechet_distances"]
    assert len(distances) == 3
    assert facts["scores"]["mean_class_frechet_distance"] == pytest.approx(sum(distances) / 3)
    assert 0 <= facts["scores"]["class_similarity"] <= 1
    assert 0 <= facts["real_class_similarity"] <= 1
    assert facts["scores"]["transport_distance"] is None


def test_real_images_are_scored_in_a_generators_place(
    tmp_path: Path, conditional: tuple[Path, Generator], run_command: Any
) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(1_060) % 3
    images = random.integers(0, 80, (1_060, 14, 14), dtype=np.uint8)
    images[np.arange(1_060), 4 * labels] = 250
    path = tmp_path / "data.npz"
    known = images[1_000:], labels[1_000:]
    np.savez(
        path, images=images[:1_000], labels=labels[:1_000], held_out_images=known[0], held_out_labels=known[1]
    )
    arguments = ["--data", str(path), "--protocol", "classifier-1k", "--json"]
    real, generated = (run_command("evaluate", *run, *arguments) for run in ([], [str(conditional[0])]))
    assert (real.code, generated.code) == (0, 0), real.err + generated.err
    facts, other = json.loads(real.out), json.loads(generated.out)
    assert facts["folder"] is None
    assert facts["protocol"] == other["protocol"]
    assert facts["scores"]["frechet_distance"] < other["scores"]["frechet_distance"] / 10
    assert 2.5 < facts["scores"]["inception_score"] <= 3.0
    assert len(facts["scores"]["class_frechet_distances"]) == 3


def test_too_few_real_images_and_nothing_at_all_are_refused(run_command: Any) -> None:
    few = run_command("evaluate", "--data", "mnist5k", "--protocol", "classifier-1k", "--limit", "900")
    assert few.code == 2
    assert "images to train on; protocol classifier-1k takes 1000" in few.err
    assert "training" not in few.out + few.err  # of a classifier, which takes a minute
    nothing = run_command("evaluate")
    assert nothing.code == 2
    assert "name a RUN, or real images with --data" in nothing.err
