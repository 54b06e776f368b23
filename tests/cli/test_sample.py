"""`sample`: the picture holds the images that were asked for, and bad options are told in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from nas_gan.cli.sample import sample
from nas_gan.data.grid import grid_png
from nas_gan.errors import InputError
from nas_gan.export import draw_labels, draw_latents, to_pixels
from nas_gan.nets import Generator, build_networks, save_generator
from nas_gan.spec import Architecture

TILE, GAP = 56, 2


def _make(folder: Path, conditioning: str, **generator: Any) -> tuple[Path, Generator]:
    """A folder with a generator of 14 × 14 in 3 classes, and the generator."""
    tree = {
        "image": {"channels": 1, "resolution": 14, "classes": 3},
        "generator": {"latent_dim": 2, "width": 2, "stages": [{}], "conditioning": conditioning} | generator,
        "discriminator": {
            "width": 2,
            "stages": [{}],
            "conditioning": "none" if conditioning == "none" else "projection",
        },
        "training": {"initial_deviation": 0.5},
    }
    architecture = Architecture.from_tree(tree, "test")
    made = build_networks(architecture, seed=0).generator.eval()
    folder.mkdir()
    (folder / "architecture.json").write_text(json.dumps(architecture.model_dump(mode="json")))
    save_generator(made, folder / "generator.safetensors")
    return folder, made


def _sample(*arguments: object) -> Result:
    program = typer.Typer()
    program.command()(sample)
    return CliRunner().invoke(program, [str(argument) for argument in arguments])


def _refusal(*arguments: object) -> str:
    error = _sample(*arguments).exception
    assert isinstance(error, InputError)
    return str(error)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Generator]:
    """A conditional generator's folder."""
    return _make(tmp_path_factory.mktemp("runs") / "run", "concat")


@pytest.fixture(scope="module")
def unconditional(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Generator]:
    """An unconditional generator's folder."""
    return _make(tmp_path_factory.mktemp("runs") / "run", "none", latent_distribution="uniform")


def test_every_class_has_a_column(tmp_path: Path, conditional: tuple[Path, Generator]) -> None:
    folder, generator = conditional
    done = _sample(folder, "-n", 7, "--seed", 4, "-o", tmp_path / "grid.png")
    assert (done.exit_code, done.output) == (0, f"7 samples in {tmp_path / 'grid.png'}\n")
    with torch.inference_mode():
        images = generator(draw_latents(7, 2, "normal", seed=4), draw_labels(7, 3))
    assert (tmp_path / "grid.png").read_bytes() == grid_png(to_pixels(images), columns=3)


def test_one_class_alone(tmp_path: Path, conditional: tuple[Path, Generator]) -> None:
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
    assert (tmp_path / "grid.png").read_bytes() == grid_png(to_pixels(images), columns=3)


def test_without_labels_the_picture_is_about_square(
    tmp_path: Path, unconditional: tuple[Path, Generator]
) -> None:
    folder, generator = unconditional
    assert _sample(folder, "-o", tmp_path / "grid.png").exit_code == 0
    with torch.inference_mode():
        images = generator(draw_latents(64, 2, "uniform", seed=0))
    assert (tmp_path / "grid.png").read_bytes() == grid_png(to_pixels(images), columns=8)
    for count, columns, rows in ((1, 1, 1), (2, 2, 1), (5, 3, 2)):
        _sample(folder, "-n", count, "-o", tmp_path / "grid.png")
        with Image.open(tmp_path / "grid.png") as image:
            assert image.size == (columns * (TILE + GAP) + GAP, rows * (TILE + GAP) + GAP)


def test_bad_options_are_refused(
    tmp_path: Path, conditional: tuple[Path, Generator], unconditional: tuple[Path, Generator]
) -> None:
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
