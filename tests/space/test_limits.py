"""Files that would take for ever, or whose errors would be as long as themselves, are refused in one short line."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from nas_gan.errors import LONGEST_MESSAGE, InputError
from nas_gan.space import load_space
from nas_gan.space.space import FileSpace
from nas_gan.spec import Image

DIGITS = Image(channels=1, resolution=28, classes=10)
NETWORKS: dict[str, Any] = {
    "generator": {"latent_dim": 8, "width": 8, "stages": {"depth": 1}},
    "discriminator": {"width": 8, "stages": {"depth": 1}},
}
SECONDS = 30.0  # what is refused here took minutes, or for ever


def refused(tree: dict[str, Any]) -> str:
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        FileSpace.from_tree("space", {**NETWORKS, **tree}, "space.toml").holes(DIGITS)
    assert time.process_time() - began < SECONDS
    return str(caught.value)


def test_combinations_of_joints_are_counted_before_they_are_looked_at() -> None:
    joints = {f"j{i}": {"choice": [{"label": "a"}, {"label": "b"}]} for i in range(25)}
    assert "33,554,432 combinations (2 of j0 ×" in refused({"joint": joints})


def test_copies_of_choices_that_multiply_are_refused() -> None:
    shared: dict[str, Any] = {
        f"s{i}": {"choice": [{"label": label, "same_as": f"shared.s{i + 1}"} for label in "ab"]}
        for i in range(30)
    }
    shared["s30"] = {"choice": [8, 16]}
    assert "more than 2,000 holes" in refused(
        {"shared": shared, "training": {"batch_size": {"same_as": "shared.s0"}}}
    )


def test_a_long_chain_of_copies_is_refused() -> None:
    shared: dict[str, Any] = {f"s{i}": {"same_as": f"shared.s{i + 1}"} for i in range(2000)}
    shared["s2000"] = 8
    text = refused({"shared": shared, "training": {"batch_size": {"same_as": "shared.s0"}}})
    assert "more than 40 same_as follow one another" in text


def test_many_options_are_compared_in_one_pass() -> None:
    labels = [*range(1, 20_001), 7]
    began = time.process_time()
    with pytest.raises(InputError, match="two options are 7;"):
        FileSpace.from_tree(
            "space", {**NETWORKS, "training": {"batch_size": {"choice": labels}}}, "space.toml"
        )
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = " + "1" * 5000, "a number that can't be read"),
        ("[generator]\nwidth = { int = [1, " + "9" * 400 + "] }", "ends are at most 1e"),
        ("[training]\nmoving_average = { float = [0.0, 1e15], step = 1e-9 }", "there are more than 1e"),
        (".".join(["a"] * 50_000) + " = 1", "nested too deeply, more than 40 deep"),
        ("[" + ".".join(["a"] * 50) + "]", "nested too deeply, more than 40 deep"),
        ("x" * 200_000 + " = 1", "neither a known field"),
        ('"\\u001b]0;owned" = 1', "neither a known field"),
        ("# " + "x" * 1_000_000, "larger than 1,000,000 bytes"),
    ],
    ids=["digits", "high", "steps", "key", "table", "name", "escape", "size"],
)
def test_a_hostile_file_is_refused_in_one_short_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "space.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=problem) as caught:
        load_space(str(path)).holes(DIGITS)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= LONGEST_MESSAGE


def test_deep_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "space.json"
    path.write_text('{"generator":' * 250 + "1" + "}" * 250)
    with pytest.raises(InputError, match="nested too deeply, more than 40 deep"):
        load_space(str(path))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    os.mkfifo(path)
    with pytest.raises(InputError, match="is a pipe or a device"):
        load_space(str(path))


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text("\ufeff[training]\nbatch_size = 16\n", encoding="utf-8")
    with pytest.raises(InputError, match="generator"):
        load_space(str(path)).holes(DIGITS)
