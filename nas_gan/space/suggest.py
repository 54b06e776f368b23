"""What fills holes: anything that can suggest values, such as an Optuna trial or a random generator."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar, final

from nas_gan.errors import InputError
from nas_gan.space.nodes import FloatRange, IntRange, Scalar

Number = TypeVar("Number", int, float)


class Suggest(Protocol):
    """The part of an Optuna trial that fills holes; `name` is the same whenever a hole is met again."""

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Return one of the choices."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return a whole number in [low, high] at steps from `low`."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a number in [low, high], at steps from `low` if a step is given."""


@final
class RandomSuggest:
    """Independent values: uniform, or uniform in the logarithm where `log` is set."""

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Return any choice, equally likely."""
        return self._generator.choice(choices)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return any step, equally likely; with `log`, as likely as its part of the logarithmic scale."""
        if log:
            exponent = self._generator.uniform(math.log(low - 0.5), math.log(high + 0.5))
            return min(high, max(low, round(math.exp(exponent))))
        return self._generator.randrange(low, high + 1, step)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return any step, equally likely; uniform without steps."""
        if step is not None:
            return low + step * self._generator.randint(0, round((high - low) / step))
        if log:
            return min(high, max(low, math.exp(self._generator.uniform(math.log(low), math.log(high)))))
        return self._generator.uniform(low, high)


@final
class FixedSuggest:
    """The values of one point. Raises InputError for a hole that it has no value for, or none that is offered."""

    def __init__(self, values: Mapping[str, Scalar]) -> None:
        self._values = values

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Return the value, which must be one of the choices."""
        value = self._given(name)
        if not any(value == choice and type(value) is type(choice) for choice in choices):
            raise InputError(f"{name}: {value!r} isn't offered; use one of {', '.join(map(str, choices))}")
        return value

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return the value, which must be a step of the range."""
        value = IntRange(low, high, step, log, written_high=high).value_for(self._given(name))
        return self._in_range(name, value, low, high, None if step == 1 else step)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return the value, which must be a step of the range."""
        value = FloatRange(low, high, step, log).value_for(self._given(name))
        return self._in_range(name, value, low, high, step)

    def _given(self, name: str) -> Scalar:
        if name not in self._values:
            raise InputError(f"{name}: this hole has no value; give one")
        return self._values[name]

    def _in_range(
        self, name: str, value: Number | None, low: float, high: float, step: float | None
    ) -> Number:
        if value is None:
            steps = f" in steps of {step}" if step else ""
            raise InputError(
                f"{name}: {self._values[name]!r} isn't in the range; give {low} to {high}{steps}"
            )
        return value
