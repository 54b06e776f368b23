"""`neighbours`: the nearest training images beside samples, and how far they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nas_gan.nets import Generator, draw_labels, draw_latents, to_uint8
from nas_gan.pictures.grid import grid_png

Made = tuple[Path, Generator]


@pytest.fixture
def data(tmp_path: Path, conditional: Made) -> Path:
    """Images of 3 classes, of which the first three are what the generator makes of seed 0."""
    with torch.inference_mode():
        copied = to_uint8(conditional[1](draw_latents(3, 2, "normal", seed=0), draw_labels(3, 3)))
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (30, 1, 14, 14), dtype=np.uint8)
    images[:3] = copied.numpy()
    held_out = random.integers(0, 256, (9, 1, 14, 14), dtype=np.uint8)
    path = tmp_path / "data.npz"
    labels, held_out_labels = np.arange(30) % 3, np.arange(9) % 3
    np.savez(path, images=images, labels=labels, held_out_images=held_out, held_out_labels=held_out_labels)
    return path


def test_copies_are_found_at_distance_zero(
    tmp_path: Path, conditional: Made, data: Path, run_command: Any
) -> None:
    picture = tmp_path / "near.png"
    arguments = ["-n", "3", "-k", "2", "--data", str(data), "-o", str(picture)]
    ended = run_command("neighbours", str(conditional[0]), *arguments, "--json")
    assert ended.code == 0, ended.err
    facts = json.loads(ended.out)
    assert (facts["file"], facts["images"], facts["seed"]) == (str(picture), 30, 0)
    assert facts["median_distance"] == 0
    assert facts["held_out_median_distance"] > 1
    assert [row[0] for row in facts["samples"]] == [
        {"image": place, "class": place, "distance": 0} for place in range(3)
    ]
    assert all(len(row) == 2 and row[1]["distance"] > 1 for row in facts["samples"])
    images = torch.from_numpy(np.load(data)["images"])
    rows = [part for place, row in enumerate(facts["samples"]) for part in (place, place, row[1]["image"])]
    assert picture.read_bytes() == grid_png(images[rows], columns=3, first_apart=True)
    told = run_command("neighbours", str(conditional[0]), *arguments)
    assert "3 samples, each beside its 2 nearest of 30 images" in told.out
    assert "samples 0.00, held-out images" in told.out


def test_bad_input_is_refused(tmp_path: Path, conditional: Made, data: Path, run_command: Any) -> None:
    other = tmp_path / "other.npz"
    np.savez(
        other,
        images=np.zeros((20, 8, 8), dtype=np.uint8),
        held_out_images=np.zeros((2, 8, 8), dtype=np.uint8),
    )
    for options, message in (
        (["-n", "0"], "-n 0: give 1 to 256"),
        (["-k", "33"], "-k 33: give 1 to 32"),
        (["-k", "31"], "-k 31: give 1 to 30"),
        (["--data", str(other)], "1 channels of 8 pixels"),
        (["--seed", "-1"], "--seed -1"),
    ):
        picture = tmp_path / "near.png"
        arguments = ["--data", str(data), "-o", str(picture), *options]
        ended = run_command("neighbours", str(conditional[0]), *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert message in ended.err
        assert not picture.exists()
