"""Whatever is wrong with what a user gives: exit code 2, one line, no traceback, and the database as it was."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SEARCH = ("search", "--space", "tiny", "--limit", "320", "--images", "270", "--protocol", "classifier-1k")
CONDITIONAL_ONLY = """
[generator]
conditioning = "conditional_batch_norm"
[generator.stages]
[discriminator]
conditioning = "projection"
[discriminator.stages]
"""


def _contents(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def _write_digits(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for index in range(count):
        Image.fromarray(random.integers(0, 256, (16, 16), dtype=np.uint8)).save(folder / f"{index}.png")


def _make_things(folder: Path) -> None:
    """Files that are wrong in one way each."""
    (folder / "malformed.toml").write_text("[generator\nwidth = 3\n")
    (folder / "impossible.toml").write_text(
        "[generator]\nwidth = { int = [0, 4] }\n[generator.stages]\n[discriminator]\n[discriminator.stages]\n"
    )
    (folder / "backwards.toml").write_text(
        "[generator]\nwidth = { int = [9, 4] }\n[generator.stages]\n[discriminator]\n[discriminator.stages]\n"
    )
    (folder / "nan.toml").write_text(
        "[generator.stages]\n[discriminator.stages]\n[optimisers.generator]\nlearning_rate = nan\n"
    )
    (folder / "misspelt.toml").write_text(
        '[generator]\nwidht = 8\n[generator.stages]\n[discriminator]\n[discriminator.stages]\nnorm = "btach"\n'
    )
    (folder / "conditional.toml").write_text(CONDITIONAL_ONLY)
    (folder / "empty").mkdir()
    _write_digits(folder / "one", 1)
    _write_digits(folder / "unlabelled", 40)
    _write_digits(folder / "text", 40)
    (folder / "text" / "7.png").write_text("this is text")
    archive = Path(shutil.make_archive(str(folder / "whole"), "zip", folder / "unlabelled"))
    (folder / "truncated.zip").write_bytes(archive.read_bytes()[:-900])
    (folder / "weights.pth").write_bytes(b"not these weights")
    (folder / "recipe.toml").write_text("trails = 5\n")
    (folder / "plain").write_text("a file")


CASES: dict[str, tuple[tuple[str, ...], str]] = {
    "missing space": ((*SEARCH, "--space", "nowhere.toml"), "nowhere.toml"),
    "malformed space": ((*SEARCH, "--space", "malformed.toml"), "malformed.toml"),
    "impossible hole": ((*SEARCH, "--space", "impossible.toml"), "generator.width"),
    "backward range": ((*SEARCH, "--space", "backwards.toml"), "generator.width"),
    "nan learning rate": ((*SEARCH, "--space", "nan.toml"), "optimisers.generator.learning_rate"),
    "misspelt field": ((*SEARCH, "--space", "misspelt.toml"), "generator.widht"),
    "conditional space, unlabelled data": (
        ("search", "--space", "conditional.toml", "--data", "unlabelled"),
        "uses labels and the data has none",
    ),
    "space of no module": ((*SEARCH, "--space", "no_module:space"), "no_module"),
    "missing data": ((*SEARCH, "--data", "nowhere"), "nowhere"),
    "empty folder": (("search", "--space", "tiny", "--data", "empty"), "empty"),
    "one image": (("search", "--space", "tiny", "--data", "one"), "one"),
    "text named png": (("search", "--space", "tiny", "--data", "text"), "7.png"),
    "truncated zip": (("search", "--space", "tiny", "--data", "truncated.zip"), "truncated.zip"),
    "data not downloaded": (("search", "--space", "tiny", "--data", "cifar10"), "--download"),
    "odd resolution": ((*SEARCH, "--resolution", "27"), "27"),
    "huge resolution": ((*SEARCH, "--resolution", "9999"), "9999"),
    "unknown study": (("best", "--study", "nobody"), "nobody"),
    "unknown study to export": (("export", "--study", "nobody", "-o", "out"), "nobody"),
    "unknown trial": (("train", "tiny-mnist5k:999", "-o", "out"), "999"),
    "unknown architecture": (("train", "nothing.toml", "-o", "out"), "nothing.toml"),
    "a space to train": (("train", "resdense", "-o", "out"), "resdense"),
    "study of another space": ((*SEARCH, "--space", "resdense", "--study", "tiny-mnist5k"), "space"),
    "study of another metric": ((*SEARCH, "--metric", "is"), "metric is fid there and is here"),
    "study of another budget": ((*SEARCH, "--images", "900"), "images is 270 there and 900 here"),
    "study of another seed": ((*SEARCH, "--seed", "1"), "seed"),
    "unwritable out": ((*SEARCH, "--out", "/proc/runs", "--storage", "runs/studies.db"), "/proc/runs"),
    "out is a file": ((*SEARCH, "--out", "plain", "--storage", "runs/studies.db"), "plain"),
    "storage is no database": ((*SEARCH, "--storage", "plain"), "plain"),
    "zero trials": ((*SEARCH, "--trials", "0"), "--trials 0"),
    "negative images": ((*SEARCH, "--images", "-5"), "--images"),
    "images in words": ((*SEARCH, "--images", "many"), "many"),
    "unknown sampler": ((*SEARCH, "--sampler", "grid"), "--sampler grid"),
    "unknown device": ((*SEARCH, "--device", "tpu9"), "--device tpu9"),
    "unknown protocol": ((*SEARCH, "--protocol", "inception-7"), "inception-7"),
    "wrong weights": (
        (*SEARCH, "--protocol", "inception-5k", "--inception-weights", "weights.pth"),
        "weights.pth",
    ),
    "wrong recipe": (("search", "--study-file", "recipe.toml"), "trails"),
    "unknown option": (("search", "--spaec", "tiny"), "--spaec"),
    "not a run": (("evaluate", "empty"), "empty"),
    "folder is taken": (("train", "tiny-mnist5k:0", "-o", "unlabelled"), "unlabelled"),
    "no such class": (("sample", "runs/tiny-mnist5k/0", "--class", "11", "-o", "x.png"), "11"),
}


@pytest.fixture(scope="module")
def here(
    program: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a study of one trial, and things that are wrong beside it."""
    folder = tmp_path_factory.mktemp("bad")
    done = program(*SEARCH, "--trials", "1", "--workers", "1", "--pruner", "none", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    _make_things(folder)
    return folder


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_changes_nothing(
    case: str,
    here: Path,
    run_here: Callable[..., int],
    capfd: pytest.CaptureFixture[str],
) -> None:
    arguments, named = CASES[case]
    before = _contents(here / "runs" / "studies.db")
    code = run_here(here, *arguments)
    errors = capfd.readouterr().err
    assert code == 2, errors
    lines = [line for line in errors.splitlines() if line.startswith("error:")]
    assert len(lines) == 1, errors
    assert named in lines[0]
    assert "Traceback" not in errors
    assert _contents(here / "runs" / "studies.db") == before
