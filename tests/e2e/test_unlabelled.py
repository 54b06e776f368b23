"""A folder of pictures without labels is searched as it is: no classifier, and nothing to download."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Path:
    """A folder in which 80 small colour pictures of one disc each were searched for two trials."""
    folder = tmp_path_factory.mktemp("unlabelled")
    (folder / "discs").mkdir()
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:8, :8]
    for number in range(80):
        row, column, radius = random.uniform(2, 6, 3) * (1, 1, 0.4)
        inside = (rows - row) ** 2 + (columns - column) ** 2 < radius**2
        colours = random.integers(0, 256, (2, 3), dtype=np.uint8)
        pixels = np.where(inside[..., None], colours[0], colours[1])
        Image.fromarray(pixels).save(folder / "discs" / f"{number}.png")
    command = ("search", "--space", "tiny", "--data", "discs", "--trials", "2", "--images", "270")
    done = program(*command, "--workers", "1", "--pruner", "none", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "without their labels" in done.stdout
    assert "Export: python -m nas_gan export --study tiny-discs" in done.stdout
    return folder


def test_its_trials_are_ranked(searched: Path, program: Program) -> None:
    done = program("best", "--study", "tiny-discs", folder=searched)
    assert done.returncode == 0, done.stderr
    assert "FID" in done.stdout
    assert " IS " not in done.stdout
    done = program("best", "--study", "tiny-discs", "--json", folder=searched)
    values = [trial["value"] for trial in json.loads(done.stdout)["best"]]
    assert len(values) == 2
    assert 0 < values[0] <= values[1]


def test_its_runs_say_what_scored_them(searched: Path, program: Program) -> None:
    done = program("evaluate", "tiny-discs:best", "--json", folder=searched)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["protocol"]["name"], facts["protocol"]["extractor"]) == ("selfsup-5k", "selfsup")
    assert facts["scores"]["inception_score"] is None
    assert facts["scores"]["kernel_distance"] is not None
    for command in (("plot", "--study", "tiny-discs"), ("export", "tiny-discs:best", "-o", "bundle")):
        done = program(*command, folder=searched)
        assert done.returncode == 0, done.stdout + done.stderr
    card = (searched / "bundle" / "card.md").read_text()
    assert "selfsup-5k" in card
    assert "Inception Score" not in card


def test_a_score_of_classes_is_refused(searched: Path, program: Program) -> None:
    done = program("search", "--space", "tiny", "--data", "discs", "--metric", "is", folder=searched)
    assert done.returncode == 2
    assert (
        "--metric is: can't be had of images without labels under protocol selfsup-5k"
        in done.stdout + done.stderr
    )
