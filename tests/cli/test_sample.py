"""`sample`: the picture holds the images that were asked for, and bad options are told in one line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from nas_gan import load
from nas_gan.cli.pictures import find_class
from nas_gan.cli.sample import sample
from nas_gan.errors import InputError
from nas_gan.nets import Generator, draw_labels, draw_latents, to_uint8
from nas_gan.pictures.grid import grid_png
from nas_gan.search.catalogue import rank

TILE, GAP = 56, 2
Made = tuple[Path, Generator]


def _sample(*arguments: object) -> Result:
    program = typer.Typer()
    program.command()(sample)
    return CliRunner().invoke(program, [str(argument) for argument in arguments])


def _refusal(*arguments: object) -> str:
    error = _sample(*arguments).exception
    assert isinstance(error, InputError)
    return str(error)


def test_every_class_has_a_column(tmp_path: Path, conditional: Made) -> None:
    folder, generator = conditional
    done = _sample(folder, "-n", 7, "--seed", 4, "-o", tmp_path / "grid.png")
    assert (done.exit_code, done.output) == (0, f"7 samples in {tmp_path / 'grid.png'}\n")
    with torch.inference_mode():
        images = generator(draw_latents(7, 2, "normal", seed=4), draw_labels(7, 3))
    assert (tmp_path / "grid.png").read_bytes() == grid_png(to_uint8(images), columns=3)


def test_one_class_alone(tmp_path: Path, conditional: Made) -> None:
    folder, generator = conditional
    done = _sample(folder, "-n", 9, "--class", 2, "-o", tmp_path / "grid.png", "--json")
    assert json.loads(done.stdout) == {
        "file": str(tmp_path / "grid.png"),
        "images": 9,
        "columns": 3,
        "class": 2,
        "seed": 0,
    }
    with torch.inference_mode():
        images = generator(draw_latents(9, 2, "normal", seed=0), torch.full((9,), 2))
    assert (tmp_path / "grid.png").read_bytes() == grid_png(to_uint8(images), columns=3)


def test_a_class_may_be_named(conditional: Made) -> None:
    record: Any = SimpleNamespace(class_names=("red", "1", "blue"))
    trained = replace(load(conditional[0]), record=record)
    numbers = [find_class(only, trained, "run") for only in (None, "red", "1", "blue", "2", "0")]
    assert numbers == [None, 0, 1, 2, 2, 0]
    with pytest.raises(
        InputError, match="--class green: classes are numbered 0 to 2, and called red, 1, blue"
    ):
        find_class("green", trained, "run")


def test_without_labels_the_picture_is_about_square(tmp_path: Path, unconditional: Made) -> None:
    folder, generator = unconditional
    assert _sample(folder, "-o", tmp_path / "grid.png").exit_code == 0
    with torch.inference_mode():
        images = generator(draw_latents(64, 2, "uniform", seed=0))
    assert (tmp_path / "grid.png").read_bytes() == grid_png(to_uint8(images), columns=8)
    for count, columns, rows in ((1, 1, 1), (2, 2, 1), (5, 3, 2)):
        _sample(folder, "-n", count, "-o", tmp_path / "grid.png")
        with Image.open(tmp_path / "grid.png") as image:
            assert image.size == (columns * (TILE + GAP) + GAP, rows * (TILE + GAP) + GAP)


def test_bad_options_are_refused(tmp_path: Path, conditional: Made, unconditional: Made) -> None:
    grid = tmp_path / "grid.png"
    assert "--class 3: classes are numbered 0 to 2" in _refusal(conditional[0], "--class", 3, "-o", grid)
    assert "--class -1: classes are numbered" in _refusal(conditional[0], "--class", -1, "-o", grid)
    assert "unconditional; leave --class out" in _refusal(unconditional[0], "--class", 0, "-o", grid)
    for count in (0, -1, 4097):
        assert f"-n {count}: give 1 to 4096" in _refusal(unconditional[0], "-n", count, "-o", grid)
    assert "--seed -1" in _refusal(unconditional[0], "--seed", -1, "-o", grid)
    assert "ends in .png" in _refusal(unconditional[0], "-o", tmp_path / "grid.jpg")
    assert "no folder" in _refusal(unconditional[0], "-o", tmp_path / "no" / "grid.png")
    assert "no such folder" in _refusal(tmp_path / "nothing", "-o", grid)
    (tmp_path / "taken.png").mkdir()
    assert "can't be written" in _refusal(unconditional[0], "-o", tmp_path / "taken.png")
    assert not grid.exists()


def test_a_trial_is_found_beside_its_database(tmp_path: Path, make_study: Any, conditional: Made) -> None:
    folder, _ = conditional
    study = make_study(tmp_path / "studies.db", "small", trials=3)
    best = rank(study)[0].number
    shutil.copytree(folder, tmp_path / "small" / str(best))
    named, grid = tmp_path / "named.png", tmp_path / "grid.png"
    assert _sample("small:best", "--storage", tmp_path / "studies.db", "-o", named).exit_code == 0
    assert _sample(folder, "-o", grid).exit_code == 0
    assert named.read_bytes() == grid.read_bytes()
    elsewhere = ("--storage", tmp_path / "studies.db", "--out", tmp_path / "else", "-o", grid)
    assert f"no weights of trial {best}" in _refusal("small:best", *elsewhere)
    assert "large" in _refusal("large:best", *elsewhere)
    assert "STUDY:TRIAL" in _refusal("small", *elsewhere)
