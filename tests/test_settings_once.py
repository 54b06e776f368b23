"""A search's settings are said in one place, and what follows from them agrees: API, options, recipes, words."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import ValidationError

import nas_gan
from nas_gan.api.data import Data
from nas_gan.cli.main import app
from nas_gan.cli.search import build_settings
from nas_gan.cli.search_options import FLAGS, OTHERS
from nas_gan.errors import InputError
from nas_gan.search.recipe_file import KEYS
from nas_gan.search.settings import NO_END, SETTINGS, SearchSettings

PACKAGE = Path(__file__).parents[1] / "nas_gan"
OF_DATA = {
    "data": "source",
    "resolution": "resolution",
    "limit": "limit",
    "data_root": "root",
    "download": "download",
}
# What writes commands of other programs, or text that shows the command line.
MAY_NAME_OPTIONS = {
    PACKAGE / "export" / name for name in ("card.py", "model_source.py", "translation_source.py")
} | {PACKAGE / "papers" / "version.py"}


def test_the_api_takes_every_setting_with_its_default() -> None:
    parameters = dict(inspect.signature(nas_gan.search).parameters)
    assert set(OF_DATA.values()) == {field.name for field in fields(Data)}
    assert parameters.keys() == (SETTINGS.keys() - OF_DATA.keys()) | {"data", "progress"}
    for name in parameters.keys() - {"study", "storage", "progress"}:
        assert parameters[name].default == SETTINGS[name].default, name


def test_every_setting_is_an_option_and_a_key() -> None:
    command: Any = typer.main.get_command(app)
    options = {param.name: param.opts[-1] for param in command.commands["search"].params}
    assert options.keys() - {"help"} == SETTINGS.keys() | OTHERS.keys()
    assert {name: options[name] for name in SETTINGS} == FLAGS
    assert set(KEYS.values()) == SETTINGS.keys()
    assert {FLAGS[name] for name in KEYS.values()} == {f"--{key.replace('_', '-')}" for key in KEYS}


def test_every_setting_says_what_it_is() -> None:
    for setting in SETTINGS.values():
        assert setting.text.endswith("."), setting.name
        assert setting.group
        assert setting.metavar or isinstance(setting.default, bool), setting.name


@pytest.mark.parametrize(
    ("given", "recipe", "said"),
    [
        ({"grace_seconds": "1x"}, "", "grace_seconds 1x: give a time longer than 0"),
        ({}, 'grace = "1x"', "recipe.toml: grace 1x: give a time longer than 0"),
        ({"trials": "three"}, "", "trials three: must be a whole number"),
        ({}, "workers_per_gpu = 2", "recipe.toml: workers_per_gpu 2: say which GPUs with `gpus` 0,1"),
        ({"workers_per_gpu": "3"}, "workers_per_gpu = 2", "workers_per_gpu 3: say which GPUs with"),
        ({"gpus": "0,0"}, "workers_per_gpu = 2", "gpus 0,0: give each number once"),
    ],
)
def test_an_error_says_where_its_setting_was_given(
    given: dict[str, str], recipe: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(recipe)
    with pytest.raises(InputError) as caught:
        build_settings(given, file)
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(said)


def test_an_option_wins_over_a_recipe_and_numbers_are_read_alike(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(
        'images = "2k"\nrungs = "500,2k"\nkeep_paused = "1MB"\ntimeout = "2m"\nstart = "a"\ngpus = 1\n'
    )
    settings = build_settings({"timeout_seconds": "90", "start": ["b", "c"]}, file)
    assert (settings.images, settings.rungs, settings.keep_paused) == (2_000, (500, 2_000), 10**6)
    assert (settings.timeout_seconds, settings.start, settings.gpus) == (90.0, ("b", "c"), (1,))
    assert settings.grace_seconds == 0.0


def test_a_search_without_options_ends_after_minutes() -> None:
    settings = build_settings({}, None)
    assert (settings.timeout_seconds, settings.grace_seconds, settings.trials) == (360.0, 60.0, NO_END)
    assert (settings.study, settings.storage) == ("resdense-mnist5k", "runs/studies.db")
    assert settings.rungs == (6_000, 18_000)
    assert build_settings({"trials": "3"}, None).timeout_seconds is None
    assert build_settings({"timeout_seconds": "1h"}, None).trials == NO_END
    assert build_settings({"images": "900"}, None).rungs == (100, 300, 900)


def test_settings_can_not_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SearchSettings().space = "tiny"  # type: ignore[misc]


def _texts(tree: ast.AST) -> list[str]:
    """Strings of a module that aren't documentation; of one with values in it, what stands between them."""
    passed = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            passed |= {id(part) for part in parts}
            texts.append("".join(str(part.value) for part in parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            texts.append(node.value)
    return texts


def test_only_the_command_line_names_options() -> None:
    """Whole commands, to be typed as they are, may."""
    option, found = re.compile(r"(?<![\w-])--[a-z]"), []
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.parent.name != "cli" and path not in MAY_NAME_OPTIONS and option.search(text):
            found += [each for each in _texts(ast.parse(text)) if option.search(each)]
    assert [each for each in found if "python -m nas_gan" not in each] == []
