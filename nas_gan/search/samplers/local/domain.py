"""The values that a hole can take, as moves need them: any, any other, one close by."""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.space import RandomSuggest
from nas_gan.space.nodes import Scalar

CELLS = 8
"""A range of more values is cut into so many cells, inside of which nothing is told apart."""

EPSILON = 1e-9


class Domain(ABC):
    """A hole's values. Those of a range are cut into cells, an option is a cell of its own."""

    @property
    @abstractmethod
    def count(self) -> int | None:
        """How many values there are; None for a continuous range."""

    @property
    @abstractmethod
    def is_ordered(self) -> bool:
        """Whether some values are closer to each other than to others."""

    @property
    @abstractmethod
    def cells(self) -> int:
        """How many cells there are."""

    @abstractmethod
    def has(self, value: Scalar) -> bool:
        """Say whether a value is one of them."""

    @abstractmethod
    def draw(self, generator: random.Random) -> Scalar:
        """Draw any value, as a random search does."""

    @abstractmethod
    def draw_near(self, value: Scalar, deviation: float, generator: random.Random) -> Scalar:
        """Draw another value close to one of an ordered domain; `deviation` is a share of the whole range."""

    @abstractmethod
    def draw_in(self, cell: int, generator: random.Random) -> Scalar:
        """Draw a value that belongs to a cell."""

    @abstractmethod
    def cell(self, value: Scalar) -> int:
        """Return the cell that a value belongs to, numbered from 0."""

    @abstractmethod
    def features(self, value: Scalar) -> Mapping[str, float]:
        """Return a value as numbers: its position in [0, 1] under no name, or a 1 under its own."""

    @property
    def is_scale(self) -> bool:
        """Whether it is a range of numbers of which ratios count, as of learning rates."""
        return False

    @property
    def is_single(self) -> bool:
        """Whether there is nothing to choose."""
        return self.count == 1

    def draw_other(self, value: Scalar, generator: random.Random) -> Scalar:
        """Draw any value but this one."""
        while (drawn := self.draw(generator)) == value and not self.is_single:
            pass
        return drawn


@final
@dataclass(frozen=True)
class Options(Domain):
    """Some labels, ordered if all of them are numbers."""

    labels: tuple[Scalar, ...]

    @property
    def count(self) -> int:
        return len(self.labels)

    @property
    def is_ordered(self) -> bool:
        numbers = all(isinstance(label, int | float) and not isinstance(label, bool) for label in self.labels)
        return numbers and len(self.labels) > 2

    @property
    def cells(self) -> int:
        return len(self.labels)

    def has(self, value: Scalar) -> bool:
        return value in self.labels

    def draw(self, generator: random.Random) -> Scalar:
        return generator.choice(self.labels)

    def draw_near(self, value: Scalar, deviation: float, generator: random.Random) -> Scalar:
        ordered = self._ordered()
        return ordered[_step_from(ordered.index(value), len(ordered), deviation, generator)]

    def draw_in(self, cell: int, generator: random.Random) -> Scalar:
        return self.labels[cell]

    def cell(self, value: Scalar) -> int:
        return self.labels.index(value)

    def features(self, value: Scalar) -> Mapping[str, float]:
        if self.is_ordered:
            return {"": self._ordered().index(value) / (len(self.labels) - 1)}
        return {str(value): 1.0}

    def _ordered(self) -> Sequence[Scalar]:
        return sorted(self.labels)  # type: ignore[type-var]


@final
@dataclass(frozen=True)
class Range(Domain):
    """The numbers from `low` to `high`: whole ones, those at steps from `low`, or all; `log` for a scale by ratio."""

    low: float
    high: float
    step: float | None
    log: bool
    is_whole: bool

    @property
    def count(self) -> int | None:
        step = 1 if self.is_whole and self.step is None else self.step
        if self.low == self.high:
            return 1
        return None if step is None else int((self.high - self.low) / step + EPSILON) + 1

    @property
    def is_ordered(self) -> bool:
        return self.count is None or self.count > 2

    @property
    def is_scale(self) -> bool:
        return self.log and not self.is_single

    @property
    def cells(self) -> int:
        return min(CELLS, self.count or CELLS)

    def has(self, value: Scalar) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.count is None:
            return self.low <= value <= self.high
        # A sum of fractions may be a hair off.
        return abs(self._snapped(value) - value) < EPSILON

    def draw(self, generator: random.Random) -> Scalar:
        suggest = RandomSuggest(generator)
        if self.is_whole:
            low, high = int(self.low), int(self.high)
            return suggest.suggest_int("", low, high, step=int(self.step or 1), log=self.log)
        # A sum of fractions may end a hair above the range.
        return self._snapped(suggest.suggest_float("", self.low, self.high, step=self.step, log=self.log))

    def draw_near(self, value: Scalar, deviation: float, generator: random.Random) -> Scalar:
        if self.count is not None and not self.log:
            steps = _step_from(self._steps(_number(value)), self.count, deviation, generator)
            return self._at_step(steps)
        moved = self._at(_reflected(self._share(_number(value)) + generator.gauss(0.0, deviation)))
        if moved != value:
            return moved
        return self._at_step(_step_from(self._steps(_number(value)), self.count or 1, 0.0, generator))

    def draw_in(self, cell: int, generator: random.Random) -> Scalar:
        if self.count is not None and self.count <= CELLS:
            return self._at_step(cell)
        for _ in range(CELLS):
            drawn = self._at((cell + generator.random()) / CELLS)
            if self.cell(drawn) == cell:  # it may have been rounded away
                break
        return drawn

    def cell(self, value: Scalar) -> int:
        if self.count is not None and self.count <= CELLS:
            return self._steps(_number(value))
        return min(CELLS - 1, int(self._share(_number(value)) * CELLS))

    def features(self, value: Scalar) -> Mapping[str, float]:
        return {"": self._share(_number(value))}

    def _share(self, value: float) -> float:
        if self.low == self.high:
            return 0.0
        low, high, at = (math.log(each) if self.log else each for each in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def _at(self, share: float) -> float:
        low, high = (math.log(each) if self.log else each for each in (self.low, self.high))
        value = low + (high - low) * share
        return self._snapped(math.exp(value) if self.log else value)

    def _snapped(self, value: float) -> float:
        if self.count is not None:
            return self._at_step(self._steps(value))
        return min(self.high, max(self.low, value))

    def _steps(self, value: float) -> int:
        return min((self.count or 1) - 1, max(0, round((value - self.low) / (self.step or 1))))

    def _at_step(self, steps: int) -> float:
        value = self.low + steps * (self.step or 1)
        return int(value) if self.is_whole else min(self.high, value)


@final
class Draft:
    """Fills a space as `answer` says, and keeps which holes were met, with their domains and values."""

    def __init__(self, answer: Callable[[str, Domain], Scalar]) -> None:
        self._answer = answer
        self.values: dict[str, Scalar] = {}
        self.domains: dict[str, Domain] = {}

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        """Answer for some options."""
        return self._answered(name, Options(tuple(choices)))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Answer for whole numbers."""
        return int(_number(self._answered(name, Range(low, high, step, log, is_whole=True))))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Answer for numbers."""
        return float(_number(self._answered(name, Range(low, high, step, log, is_whole=False))))

    def _answered(self, name: str, domain: Domain) -> Scalar:
        self.domains[name] = domain
        self.values[name] = self._answer(name, domain)
        return self.values[name]


def _step_from(at: int, count: int, deviation: float, generator: random.Random) -> int:
    """Return another index below `count`, one or more from `at`; the other way where there is none."""
    if count < 2:
        return at
    distance = max(1, round(abs(generator.gauss(0.0, deviation * (count - 1))))) * generator.choice((-1, 1))
    forth, back = (min(count - 1, max(0, at + sign * distance)) for sign in (1, -1))
    return forth if forth != at else back


def _reflected(share: float) -> float:
    share = abs(share)
    return min(1.0, max(0.0, 2.0 - share)) if share > 1.0 else share


def _number(value: Scalar) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value
