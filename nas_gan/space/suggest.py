"""What fills holes: anything that can suggest values, such as an Optuna trial or a random generator."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Protocol, final

from nas_gan.space.nodes import Scalar


class Suggest(Protocol):
    """The part of an Optuna trial that fills holes; `name` is the same whenever a hole is met again."""

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """One of the choices."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """A whole number in [low, high] at steps from `low`."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number in [low, high], at steps from `low` if a step is given."""


@final
class RandomSuggest:
    """Independent values: uniform, or uniform in the logarithm where `log` is set."""

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Any choice, equally likely."""
        return self._generator.choice(choices)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Any step, equally likely; with `log`, as likely as its part of the logarithmic scale."""
        if log:
            exponent = self._generator.uniform(math.log(low - 0.5), math.log(high + 0.5))
            return min(high, max(low, round(math.exp(exponent))))
        return self._generator.randrange(low, high + 1, step)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Any step, equally likely; uniform without steps."""
        if step is not None:
            return low + step * self._generator.randint(0, round((high - low) / step))
        if log:
            return min(high, max(low, math.exp(self._generator.uniform(math.log(low), math.log(high)))))
        return self._generator.uniform(low, high)
