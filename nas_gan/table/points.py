"""Points of a space as hole values: all of them, random ones, and mutants. This module does without torch."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar, final

from nas_gan.errors import InputError
from nas_gan.space import RandomSuggest, Space
from nas_gan.space.nodes import FloatRange, Scalar
from nas_gan.spec import Architecture, Image

Values = Mapping[str, Scalar]
_T = TypeVar("_T", bound=Scalar)

MUTATION_TAIL = 1.5
"""A mutant changes k holes with a probability in proportion to k^-1.5, up to half of them."""

NUDGE = 0.5
"""Deviation of the logarithm by which a continuous hole on a logarithmic scale moves."""


class Filled(NamedTuple):
    """An architecture, and the value of each hole that was asked for."""

    architecture: Architecture
    holes: dict[str, Scalar]


def fill_known(space: Space, image: Image, known: Values, generator: random.Random) -> Filled:
    """Return the architecture at known hole values. Numbers outside a hole's range are cut to it, so that a point
    found at one resolution is one at another; holes that nothing is known of are drawn.
    """
    suggest = _Known(known, frozenset(), generator)
    return Filled(space.fill(suggest, image), suggest.given)


def mutate(space: Space, image: Image, parent: Values, generator: random.Random) -> Filled:
    """Return the architecture with some holes changed, mostly one or two, seldom up to half of them.

    Holes that only the new values lead to are drawn.
    """
    names = [*fill_known(space, image, parent, generator).holes]
    sizes = range(1, max(1, len(names) // 2) + 1)
    (count,) = generator.choices(sizes, [size**-MUTATION_TAIL for size in sizes])
    suggest = _Known(parent, frozenset(generator.sample(names, count)), generator)
    return Filled(space.fill(suggest, image), suggest.given)


def enumerate_points(space: Space, image: Image) -> Iterator[Filled]:
    """Return every point of a space without continuous holes, each once; InputError for one with such a hole."""
    digits: list[int] = []
    while True:
        suggest = _Odometer(space.name, digits)
        architecture = space.fill(suggest, image)
        yield Filled(architecture, suggest.given)
        digits = suggest.next_digits()
        if not digits:
            return


@final
class _Known:
    """Gives what is known of a hole, changed where it is among `changed`, and draws the rest."""

    def __init__(self, known: Values, changed: Collection[str], generator: random.Random) -> None:
        self._known = known
        self._changed = changed
        self._generator = generator
        self._random = RandomSuggest(generator)
        self.given: dict[str, Scalar] = {}

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Return the known choice, or any other one where it is to change or isn't on offer."""
        old = self._known.get(name)
        offered = name in self._known and old in choices
        if offered and name not in self._changed:
            return self._give(name, old)
        others = [choice for choice in choices if not (offered and choice == old)]
        return self._give(name, self._random.suggest_categorical(name, others or choices))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return the known number cut to the range, or another one where it is to change."""
        old = self._known.get(name)
        if not isinstance(old, int) or isinstance(old, bool):
            return self._give(name, self._random.suggest_int(name, low, high, step=step, log=log))
        old = low + (min(high, max(low, old)) - low) // step * step
        if name not in self._changed or high - low < step:
            return self._give(name, old)
        new = old
        while new == old:
            new = self._random.suggest_int(name, low, high, step=step, log=log)
        return self._give(name, new)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return the known number cut to the range; to change it, another step, or one nearby on a log scale."""
        hole = FloatRange(low, high, step, log)
        old = self._known.get(name)
        if not isinstance(old, float):
            return self._give(
                name, hole.nearest(self._random.suggest_float(name, low, high, step=step, log=log))
            )
        old = hole.nearest(min(high, max(low, old)))
        if name not in self._changed or not low < high:
            return self._give(name, old)
        if step is None and log:
            nudged = old * math.exp(self._generator.gauss(0.0, NUDGE))
            return self._give(name, min(high, max(low, nudged)))
        new = old
        while new == old:
            new = hole.nearest(self._random.suggest_float(name, low, high, step=step, log=log))
        return self._give(name, new)

    def _give(self, name: str, value: _T) -> _T:
        self.given[name] = value
        return value


@final
class _Odometer:
    """Gives the values that `digits` stand for, hole by hole in the order met, and the first of every further hole."""

    def __init__(self, space: str, digits: Sequence[int]) -> None:
        self._space = space
        self._digits = list(digits)
        self._counts: list[int] = []
        self.given: dict[str, Scalar] = {}

    def next_digits(self) -> list[int]:
        """Return the digits of the next point; empty after the last."""
        digits = (self._digits + [0] * len(self._counts))[: len(self._counts)]
        for place in reversed(range(len(digits))):
            if digits[place] + 1 < self._counts[place]:
                return [*digits[:place], digits[place] + 1]
        return []

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Return the next choice."""
        self.given[name] = value = choices[self._next(len(choices))]
        return value

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return the next number."""
        del log
        self.given[name] = value = low + step * self._next((high - low) // step + 1)
        return value

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return the next step."""
        if step is None:
            raise InputError(f"{self._space}: {name} is continuous and can't be enumerated; give it a step")
        hole = FloatRange(low, high, step, log)
        self.given[name] = value = hole.nearest(low + step * self._next(hole.count or 1))
        return value

    def _next(self, count: int) -> int:
        place = len(self._counts)
        self._counts.append(count)
        return self._digits[place] if place < len(self._digits) else 0
