"""Every recipe that comes with the program, at a scale of seconds: it runs, goes on, and writes its results."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_gan.cli import main
from nas_gan.interruption import MOMENT_SECONDS
from nas_gan.papers.recipe import load_reproduction
from nas_gan.runs.record import load_record

STUDIES = Path(__file__).parents[2] / "studies"
RECIPES = sorted(path.stem for path in STUDIES.glob("*.toml") if "\nkind = " in path.read_text())
SMALL = ("--seeds", "1", "--json")
ALONE = ("--workers", "1")
SEARCHED = ("--trials", "2")
DIGITS = ("--data", "mnist5k", "--limit", "100", "--protocol", "classifier-1k")
POINTS = ("--protocol", "plane-1k")
RUNS = {
    "thesis_plane": ("--only", "M0_A-roll,M1_A-G-gaussians", "--scale", "0.0005", "--scorings", "2", *POINTS),
    "thesis_plane_unbalanced": (
        *("--only", "M0_A-against-M1_A-roll", "--scale", "0.0005", "--scorings", "1"),
        *POINTS,
    ),
    "thesis_mnist": ("--only", "M1_B-G", "--scale", "0.00003", "--scorings", "1", *DIGITS),
    "thesis_cifar": ("--only", "M0_C", "--scale", "0.00001", "--scorings", "1"),
    "yamazaki_depth": ("--only", "N1-minibatch", "--scale", "0.0001", "--scorings", "1"),
    "tripathi_dense": ("--only", "dense6", "--scale", "0.0001", "--scorings", "1"),
    "tripathi_celeba": ("--only", "baseline", "--scale", "0.0001", "--scorings", "1", "--widths", "0.25"),
    "zhang_figures": (
        "--only",
        "gan_g128_256_512_1024_d512_256",
        "--scale",
        "0.0001",
        "--scorings",
        "1",
        *DIGITS,
    ),
    "zhang_dcgan_figures": (
        *("--only", "dcgan_g128_128_64_32_d16_32_64_128_256"),
        *("--scale", "0.0001", "--scorings", "1", *DIGITS),
    ),
    "zhang_crossval": ("--scale", "0.001", "--scorings", "1", *DIGITS),
    "zhang_mlp": ("--scale", "0.00001", *SEARCHED, *DIGITS),
    "dogan_watched": ("--only", "concat-concat", "--scale", "0.005", "--scorings", "2", "--widths", "0.125"),
    "dogan_conditional": ("--scale", "0.001", *SEARCHED),
}
Reproduce = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """.npz files of 32×32 colour images in three and in ten classes, each of one hue and brightness with noise."""
    random = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("colours")
    paths = {}
    for classes in (3, 10):
        labels = np.arange(30 * classes) % classes
        images = random.integers(0, 60, (len(labels), 32, 32, 3), dtype=np.uint8)
        images[np.arange(len(labels)), :, :, labels % 3] += (180 - 40 * (labels // 3)).astype(np.uint8)[
            :, None, None
        ]
        paths[classes] = folder / f"{classes}.npz"
        known = 20 * classes
        np.savez(
            paths[classes],
            images=images[:known],
            labels=labels[:known],
            held_out_images=images[known:],
            held_out_labels=labels[known:],
        )
    return paths


@pytest.fixture
def reproduce(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Reproduce:
    """Runs the command in this process and gives its JSON."""

    def run(recipe: str, *arguments: str) -> dict[str, Any]:
        command = ["nas-gan", "reproduce", str(STUDIES / f"{recipe}.toml"), "-o", str(tmp_path), *arguments]
        monkeypatch.setattr(sys, "argv", command)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main.run()
        out, err = capsys.readouterr()
        assert not ended.value.code, err
        facts: dict[str, Any] = json.loads(out)
        return facts

    return run


def test_every_recipe_has_a_small_run() -> None:
    assert sorted(RUNS) == RECIPES


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_runs_and_writes_its_results(
    recipe: str, reproduce: Reproduce, colours: dict[int, Path], tmp_path: Path
) -> None:
    arguments = (*ALONE, *SMALL, *RUNS[recipe])
    if "--data" not in arguments and "plane" not in recipe:
        arguments += (
            "--data",
            str(colours[10 if recipe == "dogan_watched" else 3]),
            "--protocol",
            "classifier-1k",
        )
    facts = reproduce(recipe, *arguments)
    assert facts["shortened"]
    for file in facts["files"]:
        assert Path(file).stat().st_size > 0
    text = (tmp_path / recipe / "table.md").read_text()
    assert "SHORTENED" in text
    assert ("NARROWED to 0." in text) == ("--widths" in arguments)
    page = (tmp_path / recipe / "page.html").read_text()
    assert "<script src" not in page
    if facts["kind"] == "search":
        assert sum(group["trials"] for group in facts["groups"]) == 2
        return
    drawn = {Path(file).stem for file in facts["files"]}
    assert drawn >= set(load_reproduction(STUDIES / f"{recipe}.toml").figures)
    asked = RUNS[recipe][1].split(",") if "--only" in arguments else [run["run"] for run in facts["results"]]
    for result in facts["results"]:
        assert len(result["runs"]) == (result["run"] in asked)
        for run in result["runs"]:
            assert run["outcome"] in ("complete", "pruned"), run["reason"]
            named = load_reproduction(STUDIES / f"{recipe}.toml").scores
            for rung in load_record(Path(run["folder"])).rungs:
                assert all(getattr(rung.scores, name) is not None for name in named)


def test_what_has_been_trained_is_not_trained_again(reproduce: Reproduce, tmp_path: Path) -> None:
    arguments = ("--scale", "0.0005", "--scorings", "1", *POINTS, *ALONE, *SMALL)
    reproduce("thesis_plane", "--only", "M0_A-roll", *arguments)
    record = tmp_path / "thesis_plane" / "M0_A-roll" / "seed-0" / "record.json"
    before = record.stat().st_mtime_ns
    facts = reproduce("thesis_plane", "--only", "M0_A-roll,M0_A-gaussians", *arguments)
    assert record.stat().st_mtime_ns == before
    assert [result["run"] for result in facts["results"] if result["runs"]] == ["M0_A-roll", "M0_A-gaussians"]


def test_ctrl_c_twice_does_not_wait_for_processes_that_do_not_end(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-u",
        "-m",
        "nas_gan",
        "reproduce",
        str(STUDIES / "thesis_plane.toml"),
        "-o",
        "out",
    ]
    process = subprocess.Popen(
        [*command, "--only", "M0_A-roll,M1_A-roll", "--seeds", "1", "--workers", "2"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while len(children := _children(process.pid)) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    for child in children:
        os.kill(child, signal.SIGSTOP)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(MOMENT_SECONDS + 0.1)
    seen = process.communicate(timeout=300)[0]
    assert process.returncode == 130, seen
    assert "The same command goes on." in seen
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def _children(parent: int) -> list[int]:
    """The processes in which a program trains."""
    found = subprocess.run(
        ["pgrep", "-P", str(parent), "-f", "spawn_main"], capture_output=True, text=True, check=False
    )
    return [int(number) for number in found.stdout.split()]


def test_ctrl_c_keeps_what_has_ended_and_the_next_call_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nas_gan", "reproduce", str(STUDIES / "thesis_plane.toml"), "-o", "out"]
    command += ["--only", "M0_A-roll,M1_A-roll", "--seeds", "1", "--workers", "2", "--scorings", "1"]
    process = subprocess.Popen(
        [*command, "--scale", "0.05", *POINTS],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if "M0_A-roll seed 0 done" in line:
            break
    process.send_signal(signal.SIGINT)
    seen += process.communicate(timeout=300)[0]
    assert process.returncode == 130, seen
    assert "The same command goes on." in seen
    assert "Traceback" not in seen
    runs = tmp_path / "out" / "thesis_plane"
    assert load_record(runs / "M0_A-roll" / "seed-0").outcome == "complete"
    assert load_record(runs / "M1_A-roll" / "seed-0").outcome == "interrupted"
