"""`interpolate`: rows lead from one latent to another with one class throughout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from nas_gan.export.paths import draw_path
from nas_gan.nets import Generator, draw_latents, to_uint8
from nas_gan.pictures.grid import grid_png

Made = tuple[Path, Generator]


def test_rows_are_paths_and_classes_take_turns(tmp_path: Path, conditional: Made, run_command: Any) -> None:
    folder, generator = conditional
    picture = tmp_path / "paths.png"
    arguments = ["--rows", "4", "--steps", "3", "--seed", "5", "--json", "-o", str(picture)]
    ended = run_command("interpolate", str(folder), *arguments)
    facts = {"file": str(picture), "run": str(folder), "rows": 4, "steps": 3}
    assert json.loads(ended.out) == facts | {"path": "spherical", "class": None, "seed": 5}
    ends = draw_latents(8, 2, "normal", seed=5)
    latents = draw_path(ends[[0, 2, 4, 6]], ends[[1, 3, 5, 7]], 3, "spherical").flatten(0, 1)
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0])
    with torch.inference_mode():
        expected = to_uint8(generator(latents, labels))
    assert picture.read_bytes() == grid_png(expected, columns=3)


def test_the_path_and_the_class_are_for_the_choosing(
    tmp_path: Path, conditional: Made, unconditional: Made, run_command: Any
) -> None:
    pictures = []
    for options in ([], ["--path", "linear"], ["--class", "2"]):
        ended = run_command("interpolate", str(conditional[0]), "-o", str(tmp_path / "it.png"), *options)
        assert (ended.code, ended.err) == (0, "")
        pictures.append((tmp_path / "it.png").read_bytes())
    assert len(set(pictures)) == 3
    ended = run_command("interpolate", str(unconditional[0]), "-o", str(tmp_path / "it.png"))
    assert ended.out == f"8 linear paths of 9 images in {tmp_path / 'it.png'}\n"


def test_bad_options_are_refused(tmp_path: Path, unconditional: Made, run_command: Any) -> None:
    for options, message in (
        (["--rows", "0"], "--rows 0: give 1 to 64"),
        (["--steps", "1"], "--steps 1: give 2 to 64"),
        (["--class", "0"], "unconditional; leave --class out"),
        (["--path", "curved"], "curved"),
        (["--seed", "-1"], "--seed -1"),
    ):
        ended = run_command("interpolate", str(unconditional[0]), "-o", str(tmp_path / "it.png"), *options)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
        assert message in ended.err
    assert not (tmp_path / "it.png").exists()
