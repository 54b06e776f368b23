"""Samplers and schedulers of the user's own: classes that every worker imports by name."""

from __future__ import annotations

import inspect
from typing import TypeVar

from nas_gan.errors import InputError
from nas_gan.imports import import_named

T = TypeVar("T")


def is_own(name: str) -> bool:
    """Say whether a sampler or scheduler is a class of the user's, `module:Class`."""
    return ":" in name


def load_class(where: str, kind: type[T], setting: str) -> type[T]:
    """Import the class `module:Class`, which is to be of a kind. Raises InputError if it isn't."""
    try:
        found = import_named(where)
    except InputError as error:
        raise InputError(error.problem, setting=setting) from None
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise InputError(
            f"{where}: is no {kind.__name__}; derive it from nas_gan.{kind.__name__}", setting=setting
        )
    if inspect.isabstract(found):
        missing = [
            name for name in dir(found) if getattr(getattr(found, name), "__isabstractmethod__", False)
        ]
        raise InputError(f"{where}: doesn't define {', '.join(missing)}; define it", setting=setting)
    return found


def name_class(given: str | type, setting: str) -> str:
    """Name a class as workers import it. Raises InputError for one that they can't, as it is in the script itself."""
    if isinstance(given, str):
        return given
    module, name = given.__module__, given.__qualname__
    if module == "__main__" or "." in name:
        raise InputError(
            f"{name}: is in {module}, which workers can't import it from; put it on the first level of a module",
            setting=setting,
        )
    return f"{module}:{name}"
