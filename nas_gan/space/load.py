"""Finds a space by its name, file or function, and reads it."""

from __future__ import annotations

import json
import random
import re
import tomllib
from pathlib import Path
from typing import Any

from nas_gan.errors import InputError
from nas_gan.files import check_regular
from nas_gan.space.function import load_function_space
from nas_gan.space.nodes import STARTS
from nas_gan.space.space import FileSpace, Space
from nas_gan.space.spot import Spot, did_you_mean
from nas_gan.space.starts import GivenStart
from nas_gan.space.suggest import RandomSuggest
from nas_gan.spec import Architecture, Image

LARGEST_FILE_BYTES = 1_000_000
DEEPEST_NESTING = 40
# The standard parser takes minutes for a key of tens of thousands of parts.
LONG_KEY = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]++\s*+\.\s*+){{{DEEPEST_NESTING}}}")

REFERENCE, BASELINES = "reference/", "baselines/"
"""Names of bundled architectures begin so: of published ones, and of hand-made ones that spaces start from."""


def load_space(where: str) -> Space:
    """Load a bundled space by name, a .toml or .json file by path, or `module:function`.

    An architecture's file is a space without holes. Raises InputError if there is no such space, or if it
    can't be used for any image; whether it suits the data's is for `Space.check`.
    """
    if where.endswith((".toml", ".json")):
        return _read(Path(where), Path(where).stem)
    if ":" in where:
        return load_function_space(where)
    names = bundled_spaces()
    if where not in names:
        spaces = ", ".join(name for name in names if not name.startswith((REFERENCE, BASELINES)))
        others = f"use one of {spaces}, one that `spaces` lists as {REFERENCE}…"
        remedy = did_you_mean(where, names, others, "give a .toml file or module:function")
        raise InputError(f"no space is called {where!r}; {remedy}")
    return _read(_bundled_folder() / f"{where}.toml", where)


def bundled_spaces() -> tuple[str, ...]:
    """Return names of the spaces that come with the package, such as `resdense` and `reference/dcgan`."""
    folder = _bundled_folder()
    return tuple(
        sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.toml"))
    )


def sample(space: Space, image: Image, generator: random.Random) -> Architecture:
    """Return a random point of a space; equal states of the generator give equal points."""
    return space.fill(RandomSuggest(generator), image)


def _bundled_folder() -> Path:
    """Return `search_spaces` of an installed package, or else of the checkout around it."""
    package = Path(__file__).parents[1]
    installed = package / "bundled" / "search_spaces"
    return installed if installed.is_dir() else package.parent / "search_spaces"


def _read(path: Path, name: str) -> FileSpace:
    space = FileSpace.from_tree(name, _tree_of(path), str(path))
    spot = Spot(space.file, STARTS)
    given = [
        _read_start(start, path.parent, spot.inside(index))
        for index, start in enumerate(space.content.starts)
    ]
    return space.with_starts(given)


def _read_start(name: str, folder: Path, spot: Spot) -> GivenStart:
    if name.endswith((".toml", ".json")):
        path = folder / name
        if not path.is_file():
            raise spot.error(f"{name!r}: there is no file {path}; give the path from the space file on")
    else:
        names = [one for one in bundled_spaces() if one.startswith((REFERENCE, BASELINES))]
        if name not in names:
            others = f"use one that `spaces` lists as {BASELINES}… or {REFERENCE}…"
            remedy = did_you_mean(name, names, others, "give a .toml file")
            raise spot.error(f"{name!r}: no bundled architecture is called so; {remedy}")
        path = _bundled_folder() / f"{name}.toml"
    return GivenStart.from_tree(name, _tree_of(path), str(path))


def _tree_of(path: Path) -> dict[str, Any]:
    try:
        check_regular(path)
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise InputError(f"{path}: is larger than {LARGEST_FILE_BYTES:,} bytes; give the file of a space")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}; give the path of a space file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text in UTF-8; save it as UTF-8") from None
    return _parse(path, text)


def _parse(path: Path, text: str) -> dict[str, Any]:
    too_deep = InputError(f"{path}: is nested too deeply, more than {DEEPEST_NESTING} deep; make it flatter")
    if path.suffix != ".json" and LONG_KEY.search(text):
        raise too_deep
    try:
        tree = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}); mend that line"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}; mend that line") from None
    except RecursionError:
        raise too_deep from None
    except ValueError as error:
        raise InputError(f"{path}: holds a number that can't be read: {error}; shorten it") from None
    if not isinstance(tree, dict):
        raise InputError(f"{path}: holds {type(tree).__name__}, not an object; give an architecture")
    if _nesting(tree) > DEEPEST_NESTING:
        raise too_deep
    return tree


def _nesting(tree: object) -> int:
    """Say how many tables and lists stand inside one another, at most."""
    depth, level = 0, [tree]
    while level:
        inner = [item for node in level if isinstance(node, dict) for item in node.values()]
        inner += [item for node in level if isinstance(node, list) for item in node]
        depth, level = depth + 1, [item for item in inner if isinstance(item, dict | list)]
    return depth
