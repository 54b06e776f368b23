"""A space written in Python: a function of an Optuna trial that returns an architecture or its tables."""

from __future__ import annotations

import hashlib
import inspect
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, final

from nas_gan.errors import InputError
from nas_gan.imports import import_named
from nas_gan.space.holes import HoleSummary, summarise_hole
from nas_gan.space.nodes import Choice, FloatRange, Hole, IntRange, Option, Scalar, Value
from nas_gan.space.space import Space
from nas_gan.space.suggest import RandomSuggest, Suggest
from nas_gan.spec import Architecture, Image


@final
@dataclass(frozen=True)
class FunctionSpace(Space):
    """A function as a space. Its holes are those of one recorded run, and its size can't be known.

    Tables without `image` get the data's.
    """

    function: Callable[[Suggest], object]

    def check(self, image: Image) -> None:
        self.fill(RandomSuggest(random.Random(0)), image)

    def fill(self, suggest: Suggest, image: Image) -> Architecture:
        architecture = self._architecture(self._returned(suggest), image)
        if architecture.image != image:
            raise InputError(
                f"{self.name}: its architecture is for {_text(architecture.image)} and the data has "
                f"{_text(image)}; use other data, or return tables without image"
            )
        return architecture

    def locate(self, architecture: Architecture) -> NoReturn:
        raise InputError(
            f"{self.name}: a Python function can't be asked for the point of an architecture; use a space file"
        )

    def holes(self, image: Image) -> tuple[HoleSummary, ...]:
        recorder = _Recorder(RandomSuggest(random.Random(0)))
        self.fill(recorder, image)
        return tuple(summarise_hole(name, hole, "") for name, hole in recorder.holes.items())

    def size(self, image: Image) -> None:
        self.check(image)

    def _returned(self, suggest: Suggest) -> object:
        try:
            return self.function(suggest)
        except InputError:
            raise
        except Exception as error:
            if type(error).__module__.partition(".")[0] == "optuna":
                raise  # pruning and storage errors are for the study
            raise InputError(
                f"{self.name}: raised {type(error).__name__}: {error}; mend the function"
            ) from error

    def _architecture(self, returned: object, image: Image) -> Architecture:
        if isinstance(returned, Architecture):
            return returned
        if not isinstance(returned, Mapping):
            raise InputError(
                f"{self.name}: returned {type(returned).__name__}; return an Architecture or its tables"
            )
        return Architecture.from_tree({"image": image.model_dump(), **returned}, self.name)


def load_function_space(where: str) -> FunctionSpace:
    """Import `module:function`; modules of the working folder are found too, as by `python -m`.

    Raises InputError if that fails. The fingerprint is that of the function's source text.
    """
    function = import_named(where)
    if not callable(function):
        raise InputError(f"{where}: is no function; check its name")
    return FunctionSpace(where, _fingerprint(where, function), function)


def _fingerprint(where: str, function: Callable[..., object]) -> str:
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        text = where
    return hashlib.sha256(text.encode()).hexdigest()


def _text(image: Image) -> str:
    return f"{image.channels}×{image.resolution}×{image.resolution} with {image.classes} classes"


@final
class _Recorder:
    """Suggests as another does, and notes the holes."""

    def __init__(self, inner: Suggest) -> None:
        self._inner = inner
        self.holes: dict[str, Hole] = {}

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        self.holes[name] = Choice(tuple(Option(choice, Value(choice)) for choice in choices))
        return self._inner.suggest_categorical(name, choices)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        self.holes[name] = IntRange(low, high, step, log, written_high=high)
        return self._inner.suggest_int(name, low, high, step=step, log=log)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        self.holes[name] = FloatRange(low, high, step, log)
        return self._inner.suggest_float(name, low, high, step=step, log=log)
