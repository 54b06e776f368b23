"""A hole's values as a few choices, which is all that a softmax can weigh.

Options stay as they are. A range of many steps is cut into bins of steps, a continuous one into bins of equal length;
with `log`, bins are equal on the logarithmic scale. Inside a bin all values are equally likely.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, final

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

MAX_STEPS = 16
INTERVAL_BINS = 8


class Choices(ABC):
    """The choices of one hole, numbered from 0."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many there are, at least one."""

    @abstractmethod
    def index(self, value: Any) -> int:
        """Return the choice that a value of the hole belongs to; the nearest for one set by hand outside the range."""

    @abstractmethod
    def draw(self, index: int, generator: random.Random) -> Any:
        """Return a value that belongs to a choice."""


@final
@dataclass(frozen=True)
class Options(Choices):
    """Each option is a choice."""

    distribution: CategoricalDistribution

    @property
    def count(self) -> int:
        return len(self.distribution.choices)

    def index(self, value: Any) -> int:
        return int(self.distribution.to_internal_repr(value))

    def draw(self, index: int, generator: random.Random) -> Any:
        return self.distribution.choices[index]


@final
@dataclass(frozen=True)
class Steps(Choices):
    """The values `low`, `low + step`, …, `high` in bins of neighbours.

    `starts`: the first step of each bin, then the number of steps.
    """

    low: float
    high: float
    step: float
    starts: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.starts) - 1

    def index(self, value: float) -> int:
        step = round((value - self.low) / self.step)
        return bisect_right(self.starts, min(self.starts[-1] - 1, max(0, step))) - 1

    def draw(self, index: int, generator: random.Random) -> float:
        # Whole numbers give a whole number; a sum of fractions may end a hair above the range.
        value = self.low + self.step * generator.randrange(self.starts[index], self.starts[index + 1])
        return min(self.high, value)


@final
@dataclass(frozen=True)
class Interval(Choices):
    """All numbers between two ends, in `INTERVAL_BINS` bins."""

    low: float
    high: float
    log: bool

    @property
    def count(self) -> int:
        return INTERVAL_BINS

    def index(self, value: float) -> int:
        low, high = self._scaled(self.low), self._scaled(self.high)
        at = self._scaled(min(self.high, max(self.low, value)))
        return min(INTERVAL_BINS - 1, int((at - low) / (high - low) * INTERVAL_BINS))

    def draw(self, index: int, generator: random.Random) -> float:
        low, high = self._scaled(self.low), self._scaled(self.high)
        value = low + (high - low) * (index + generator.random()) / INTERVAL_BINS
        return min(self.high, max(self.low, math.exp(value) if self.log else value))

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.log else value


def choices_of(distribution: BaseDistribution) -> Choices:
    """Return the choices of a hole with Optuna's `distribution`."""
    match distribution:
        case CategoricalDistribution():
            return Options(distribution)
        case IntDistribution(low=low, high=high, step=step, log=False):
            return Steps(low, high, step, _even_starts((high - low) // step + 1))
        case IntDistribution(low=low, high=high):
            return Steps(low, high, 1, _log_starts(low, high))
        case FloatDistribution(low=low, high=high, step=float(step)):
            return Steps(low, high, step, _even_starts(round((high - low) / step) + 1))
        case FloatDistribution(low=low, high=high, log=log):
            return Interval(low, high, log)
        case _:
            raise TypeError(f"no choices for a {type(distribution).__name__}")


def _even_starts(steps: int) -> tuple[int, ...]:
    bins = min(steps, MAX_STEPS)
    return tuple(-(-steps * index // bins) for index in range(bins + 1))


def _log_starts(low: int, high: int) -> tuple[int, ...]:
    """Return the bins, less those too short for a whole number."""
    ends = (low * (high / low) ** (index / MAX_STEPS) for index in range(MAX_STEPS))
    # An end that rounding has put a hair above a whole number is that number.
    return (*sorted({math.ceil(end - 1e-9 * end) - low for end in ends}), high - low + 1)
