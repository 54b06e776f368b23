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
RunHere = Callable[..., int]


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
    command = (
        "search",
        "--space",
        "tiny",
        "--data",
        "discs",
        "--trials",
        "2",
        "--images",
        "270",
        "--rungs",
        "270",
    )
    done = program(*command, "--workers", "1", "--pruner", "none", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "without their labels" in done.stdout
    assert "Export: python -m nas_gan export --study tiny-discs" in done.stdout
    return folder


def test_its_trials_are_ranked(searched: Path, run_here: RunHere, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_here(searched, "best", "--study", "tiny-discs") == 0
    said = capfd.readouterr().out
    assert "FID" in said
    assert " IS " not in said
    assert run_here(searched, "best", "--study", "tiny-discs", "--json") == 0
    values = [trial["value"] for trial in json.loads(capfd.readouterr().out)["best"]]
    assert len(values) == 2
    assert 0 < values[0] <= values[1]


def test_its_runs_say_what_scored_them(
    searched: Path, run_here: RunHere, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_here(searched, "evaluate", "tiny-discs:best", "--json") == 0
    facts = json.loads(capfd.readouterr().out)
    assert (facts["protocol"]["name"], facts["protocol"]["extractor"]) == ("selfsup-5k", "selfsup")
    assert facts["scores"]["inception_score"] is None
    assert facts["scores"]["kernel_distance"] is not None
    for command in (("report", "tiny-discs"), ("export", "tiny-discs:best", "-o", "bundle")):
        assert run_here(searched, *command) == 0, capfd.readouterr().err
    card = (searched / "bundle" / "card.md").read_text()
    assert "selfsup-5k" in card
    assert "Inception Score" not in card


def test_a_score_of_classes_is_refused(
    searched: Path, run_here: RunHere, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_here(searched, "search", "--space", "tiny", "--data", "discs", "--metric", "is") == 2
    refused = "--metric is: can't be had of images without labels under protocol selfsup-5k"
    assert refused in "".join(capfd.readouterr())
