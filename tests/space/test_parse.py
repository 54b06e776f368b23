"""Files that can't be read as a space: each gives one line with the file, the place, the value and the remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nas_gan.errors import InputError
from nas_gan.space import Space, load_space
from nas_gan.spec import Image, canonical_json

Read = Callable[[str], Space]

BAD_HOLES = [
    ("latent_dim = { choise = [1, 2] }", "generator.latent_dim.choise", "did you mean 'choice'?"),
    ("latent_dim = { choice = [] }", "generator.latent_dim", "at least one option"),
    ("latent_dim = { choice = 3 }", "generator.latent_dim", "choice = 3"),
    ("latent_dim = { choice = [8, 8] }", "generator.latent_dim", "two options are 8; remove one"),
    ("latent_dim = { choice = [1, true] }", "generator.latent_dim", "two options are True"),
    (
        "latent_dim = { choice = [8, 16], step = 8 }",
        "generator.latent_dim",
        "'step' can't stand beside 'choice'",
    ),
    (
        "latent_dim = { int = [8, 16], float = [8, 16] }",
        "generator.latent_dim",
        "'float' can't stand beside 'int'",
    ),
    ("latent_dim = { int = [8, 16], stpe = 8 }", "generator.latent_dim", "only step or log can"),
    ("latent_dim = { int = [16, 8] }", "generator.latent_dim", "int = [16, 8]: low is above high; swap them"),
    ("latent_dim = { int = [8] }", "generator.latent_dim", "int = [8] must be two whole numbers"),
    ("latent_dim = { int = [8.0, 16] }", "generator.latent_dim", "must be two whole numbers"),
    ("latent_dim = { int = [true, 16] }", "generator.latent_dim", "must be two whole numbers"),
    (
        "latent_dim = { int = [8, 16], step = 3 }",
        "generator.latent_dim",
        "steps from 8 don't meet 16; end at 14 or 17",
    ),
    (
        "latent_dim = { int = [8, 16], step = 0 }",
        "generator.latent_dim",
        "step = 0 must be a whole number above 0",
    ),
    (
        "latent_dim = { int = [8, 16], step = 2, log = true }",
        "generator.latent_dim",
        "step and log don't go together",
    ),
    ("latent_dim = { int = [0, 16], log = true }", "generator.latent_dim", "low end above 0 and it is 0"),
    ("latent_dim = { int = [8, 16], log = 1 }", "generator.latent_dim", "log = 1 is neither true nor false"),
    ("latent_dim = { float = [1.0, inf] }", "generator.latent_dim", "not finite"),
    ("latent_dim = { float = [0.0, 1.0], step = 0.3 }", "generator.latent_dim", "end at 0.9 or 1.2"),
    (
        "latent_dim = { float = [0.0, 1.0], step = nan }",
        "generator.latent_dim",
        "step = nan must be a number above 0",
    ),
    (
        "latent_dim = { float = [0.0, 1.0], log = true }",
        "generator.latent_dim",
        "low end above 0 and it is 0.0",
    ),
    ("latent_dim = { same_as = 3 }", "generator.latent_dim", "same_as = 3 is no dotted path"),
    ('latent_dim = { same_as = "generator..width" }', "generator.latent_dim", "is no dotted path"),
    (
        'latent_dim = { same_as = "shared.size.depth" }',
        "generator.latent_dim",
        "a shared value is copied whole",
    ),
    ("latent_dim = [64, 100]", "generator.latent_dim", "write { choice = [64, 100] }"),
    ("latent_dim = nan", "generator.latent_dim", "nan is not a finite number"),
    ("latent_dim = 2026-01-01", "generator.latent_dim", "neither a number, a string nor a table"),
    ("latnet_dim = 64", "generator.latnet_dim", "did you mean 'latent_dim'?"),
    ("stages = { choice = [[{}], [{}, {}]] }", "generator.stages.choice.0", "a list can't be an option"),
    ("conditioning = { choice = [{ int = [1, 2] }] }", "generator.conditioning.choice.0", 'add label = "…"'),
    (
        'conditioning = { choice = ["concat", { kind = "concat", embedding_dim = 8 }] }',
        "generator.conditioning",
        "two options are 'concat'; remove one, or give tables different labels",
    ),
    (
        'conditioning = { choice = [{ kind = "concat", label = "a[b]" }] }',
        "generator.conditioning.choice.0",
        "the label 'a[b]'",
    ),
]


@pytest.mark.parametrize(("line", "path", "remedy"), BAD_HOLES)
def test_bad_hole(read: Read, line: str, path: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"[generator]\n{line}\n")
    message = str(caught.value)
    assert f"space.toml: {path}: " in message
    assert remedy in message
    assert "\n" not in message


BAD_FILES = [
    ("[genertor]", "genertor", "did you mean 'generator'?"),
    ("image = 3", "image", "3 is not a table"),
    ("[image]\nresolutoin = 28", "image.resolutoin", "did you mean 'resolution'?"),
    ("[image]\nresolution = { choice = [28, 32] }", "image.resolution", "must be a whole number"),
    ("shared = 3", "shared", "3 is not a table; write [shared]"),
    ('[shared]\n"a.b" = 3', "shared", "'a.b' can't be a name"),
    ("[shared]\nunused = 3", "shared.unused", "nothing copies it"),
    ("joint = 3", "joint", "3 is not a table; write [joint]"),
    ("[joint]\nlabels = 3", "joint.labels", "needs options that set places"),
    ("[joint.labels]\nchoice = []", "joint.labels", "needs options that set places"),
    ("[joint.labels]\nchoice = [{ loss = 'hinge' }]", "joint.labels.choice.0", 'add label = "…"'),
    ("[joint.labels]\nchoice = [{ label = 'a' }, { label = 'a' }]", "joint.labels", "two options are 'a'"),
    (
        "[joint.labels]\nchoice = [{ label = 'a', lss = 'hinge' }]",
        "joint.labels.choice.0.lss",
        "did you mean 'loss'?",
    ),
]


@pytest.mark.parametrize(("text", "path", "remedy"), BAD_FILES)
def test_bad_table(read: Read, text: str, path: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert f"space.toml: {path}: " in str(caught.value)
    assert remedy in str(caught.value)


def test_malformed_toml_names_the_line(read: Read) -> None:
    with pytest.raises(InputError, match=r"space\.toml: not valid TOML: .*line 2.*; mend that line"):
        read("[generator]\nwidth = = 3\n")


def test_malformed_json_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "architecture.json"
    path.write_text('{\n  "generator": ,\n}', encoding="utf-8")
    with pytest.raises(InputError, match=r"architecture\.json: not valid JSON: .*line 2.*; mend that line"):
        load_space(str(path))


def test_json_that_is_no_object(tmp_path: Path) -> None:
    path = tmp_path / "architecture.json"
    path.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(InputError, match="holds list, not an object"):
        load_space(str(path))


def test_nesting_without_end(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(InputError, match="nested too deeply"):
        load_space(str(path))


def test_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"space\.toml: is not text in UTF-8"):
        load_space(str(path))


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.toml: can't be read: No such file"):
        load_space(str(tmp_path / "missing.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match=r"folder\.toml: can't be read: Is a directory"):
        load_space(str(tmp_path / "folder.toml"))


def test_unknown_name_suggests_the_known() -> None:
    with pytest.raises(InputError, match=r"no space is called 'tini'; did you mean 'tiny'\?"):
        load_space("tini")


def test_a_name_like_none_lists_the_spaces_and_not_every_published_architecture() -> None:
    with pytest.raises(
        InputError, match=r"use one of .*resdense.*, one that `spaces` lists as reference/…"
    ) as found:
        load_space("README.md")
    assert len(str(found.value)) < 300


def test_fingerprint_is_of_the_content(read: Read) -> None:
    first = read("[generator]\nwidth = 8\nlatent_dim = { choice = [4, 8] }\n")
    same = read("# a comment\n[generator]\nlatent_dim = { choice = [4, 8] }\nwidth = 8\n")
    other = read("[generator]\nwidth = 8\nlatent_dim = { choice = [8, 4] }\n")
    assert first.fingerprint == same.fingerprint != other.fingerprint


def test_architecture_in_json_is_a_space_without_holes(read: Read, digits: Image, tmp_path: Path) -> None:
    architecture = read("[generator.stages]\n[discriminator.stages]\n").fill(_Nothing(), digits)
    path = tmp_path / "architecture.json"
    path.write_text(canonical_json(architecture), encoding="utf-8")
    space = load_space(str(path))
    assert space.fill(_Nothing(), digits) == architecture
    assert space.holes(digits) == ()
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == 1


class _Nothing:
    """Suggests nothing: there must be no hole."""

    def suggest_categorical(self, name: str, choices: object) -> str:
        raise AssertionError(name)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        raise AssertionError(name)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        raise AssertionError(name)
