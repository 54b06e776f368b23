"""A recipe: a TOML file of a search's settings, by the names that they have for people."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from nas_gan.errors import InputError
from nas_gan.search.settings import SETTINGS, parse_setting

KEYS = {setting.key: name for name, setting in SETTINGS.items()}
"""Names of settings by the keys of a recipe."""


def load_recipe(path: Path) -> dict[str, Any]:
    """Read the settings of a recipe, by their names. How they go together isn't checked yet.

    Raises InputError that names the file, the key, the value and the remedy.
    """
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable ({error}); give a TOML file", setting="study_file") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}", setting="study_file") from None
    settings = {}
    for key, value in recipe.items():
        if key not in KEYS:
            raise InputError(f"{path}: {key}: not known; use some of {', '.join(KEYS)}")
        try:
            settings[KEYS[key]] = parse_setting(KEYS[key], value, is_text=False)
        except InputError as error:
            raise InputError(f"{path}: {key} {error.problem}") from None
    return settings
