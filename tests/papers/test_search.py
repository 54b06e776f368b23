"""The spaces that a paper's searches are given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nas_gan.papers.recipe import SearchRecipe
from nas_gan.papers.search import write_space
from nas_gan.space import load_space
from nas_gan.space.space import FileSpace

TOML = """
starts = ["mine.toml", "baselines/residual"]
[generator]
width = { choice = [8, 16] }
[generator.stages]
[discriminator.stages]
"""
TREE = {
    "starts": ["mine.toml", "baselines/residual"],
    "generator": {"width": {"choice": [8, 16]}, "stages": {}},
    "discriminator": {"stages": {}},
}
MINE = "[generator]\nwidth = 16\n[generator.stages]\n[discriminator.stages]\n"


def _recipe(space: str, values: dict[str, Any]) -> SearchRecipe:
    return SearchRecipe(space=space, set=values, trials=1, group_by=("a",), axes=("a",))


@pytest.mark.parametrize(("name", "text"), [("own.toml", TOML), ("own.json", json.dumps(TREE))])
def test_values_are_set_in_a_space_of_either_kind(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "given").mkdir()
    given = tmp_path / "given" / name
    given.write_text(text)
    (tmp_path / "given" / "mine.toml").write_text(MINE)
    written = write_space(_recipe(str(given), {"generator.width": 32}), tmp_path / "out")
    space, before = load_space(written), load_space(str(given))
    assert isinstance(space, FileSpace)
    assert isinstance(before, FileSpace)
    assert space.tree["generator"] == {"width": 32, "stages": {}}
    assert before.tree["generator"]["width"] == {"choice": [8, 16]}
    # A start that lies beside the given file is still found.
    assert [start.file for start in space.given_starts] == [start.file for start in before.given_starts]
