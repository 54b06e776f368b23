"""What a user names as `module:name`, imported."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from nas_gan.errors import InputError


def import_named(where: str) -> object:
    """Import `module:name`; modules of the working folder are found too, as by `python -m`.

    Raises InputError if that fails.
    """
    module_name, _, name = where.partition(":")
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise InputError(
            f"{where}: importing {module_name!r} failed: {type(error).__name__}: {error}; "
            "give module:name as Python would import it"
        ) from error
    if not hasattr(module, name):
        raise InputError(f"{where}: {module_name!r} has nothing called {name!r}; check its name")
    return getattr(module, name)
