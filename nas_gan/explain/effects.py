"""What one option is worth in place of another, all other holes as they are: from trials that differ in many of them.

The score's logarithm is taken as a sum: a level for each value of the hole in question, and for each value of each
other hole a random effect of one variance, which is estimated (a linear mixed model; Henderson 1975). Where every
combination was tried equally often, that gives the differences of the means, whatever the variance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from nas_gan.space.nodes import Scalar
from nas_gan.table.effects import FEWEST, label_values

RESAMPLES = 200
FEWEST_OF_A_VALUE = 3
"""Trials that a value has to have to be compared."""

RATIOS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Variances that a hole's effect may have, in units of what is left over."""

INTERVAL = (2.5, 97.5)
Floats = NDArray[np.float64]


@final
@dataclass(frozen=True)
class Case:
    """A trial: the values of its holes, and its score."""

    holes: Mapping[str, Scalar]
    score: float


@final
@dataclass(frozen=True)
class Worth:
    """What `value` of a hole is worth in place of `instead`, all else equal.

    `change`: of the score, with its 95 % interval, by the bootstrap over trials. `ratio`: the score with `value` over
    that with `instead`; None where scores aren't all positive. `trials`: how many have one value or the other. Values
    of numeric holes with many of them are ranges.
    """

    hole: str
    value: str
    instead: str
    change: float
    low: float
    high: float
    ratio: float | None
    trials: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out that there is no difference."""
        return self.low > 0 or self.high < 0


def find_cases(cases: Sequence[Case]) -> list[Case]:
    """Leave out what has no score."""
    return [case for case in cases if math.isfinite(case.score)]


def measure_worth(
    cases: Sequence[Case], instead: Mapping[str, Scalar] | None = None, seed: int = 0
) -> list[Worth]:
    """Measure what each value of each hole is worth, those that differ most first.

    Values are compared with the hole's commonest one, or with that which it has in `instead`: of these holes alone.
    Holes count that at least `table.effects.FEWEST` cases have, and values that `FEWEST_OF_A_VALUE` have.
    """
    cases = find_cases(cases)
    scores = np.array([case.score for case in cases])
    is_log = bool(len(scores)) and bool((scores > 0).all())
    outcomes = np.log(scores) if is_log else scores
    labels = {hole: _labels(cases, hole) for hole in sorted({hole for case in cases for hole in case.holes})}
    found = []
    for hole, own in labels.items():
        places = np.array([place for place, label in enumerate(own) if label is not None], dtype=int)
        if len(places) < FEWEST or (instead is not None and hole not in instead):
            continue
        others = [[of[place] for place in places] for name, of in labels.items() if name != hole]
        model = _Model([str(own[place]) for place in places], others, outcomes[places])
        base = model.commonest if instead is None else label_of(cases, hole, instead[hole])
        found += model.compare(hole, base, is_log, seed)
    return sorted(found, key=lambda one: -abs(one.change if one.ratio is None else math.log(one.ratio)))


def label_of(cases: Sequence[Case], hole: str, value: Scalar) -> str:
    """Return the label of a value that a case has: itself, or the range that it lies in."""
    labels = _labels(cases, hole)
    return next(
        str(label)
        for case, label in zip(cases, labels, strict=True)
        if label is not None and case.holes[hole] == value
    )


def value_of_label(cases: Sequence[Case], hole: str, label: str) -> Scalar:
    """Return the value that stands for a label: the commonest, or of a range the middle one of those tried."""
    labels = _labels(cases, hole)
    values = [case.holes[hole] for case, of in zip(cases, labels, strict=True) if of == label]
    (commonest, count), *_ = Counter(values).most_common()
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return commonest if count > 1 or not numbers else sorted(numbers)[len(numbers) // 2]


def _labels(cases: Sequence[Case], hole: str) -> list[str | None]:
    having = [case.holes[hole] for case in cases if hole in case.holes]
    given = iter(label_values(having))
    return [next(given) if hole in case.holes else None for case in cases]


@final
class _Model:
    """The levels of one hole's labels, with all other holes as random effects."""

    def __init__(
        self, labels: Sequence[str], others: Sequence[Sequence[str | None]], outcomes: Floats
    ) -> None:
        self._labels = np.array(labels)
        self._names = list(dict.fromkeys(labels))
        self._counts = Counter(labels)
        self._x = np.column_stack([self._labels == name for name in self._names]).astype(float)
        self._y = outcomes
        columns = [
            np.array([label == name for label in of], dtype=float)
            for of in others
            for name in dict.fromkeys(of)
            if len(set(of)) > 1
        ]
        z = np.column_stack(columns) if columns else np.zeros((len(outcomes), 1))
        z -= z.mean(axis=0)
        self._k = z @ z.T
        self._ratio = max(RATIOS, key=self._likelihood)

    @property
    def commonest(self) -> str:
        """The label that most trials have."""
        return self._counts.most_common(1)[0][0]

    def compare(self, hole: str, base: str, is_log: bool, seed: int) -> list[Worth]:
        """Compare each label with one of them."""
        if self._counts[base] < FEWEST_OF_A_VALUE:
            return []
        everything = np.arange(len(self._y))
        levels, generator = self._levels(everything), np.random.default_rng(seed)
        drawn = np.array(
            [self._levels(generator.integers(0, len(everything), len(everything))) for _ in range(RESAMPLES)]
        )
        at, shown = self._names.index(base), np.exp if is_log else np.asarray
        found = []
        for place, name in enumerate(self._names):
            if name == base or self._counts[name] < FEWEST_OF_A_VALUE:
                continue
            changes = shown(drawn[:, place]) - shown(drawn[:, at])
            low, high = np.nanpercentile(changes, INTERVAL)
            found.append(
                Worth(
                    hole,
                    name,
                    base,
                    float(shown(levels[place]) - shown(levels[at])),
                    float(low),
                    float(high),
                    float(np.exp(levels[place] - levels[at])) if is_log else None,
                    self._counts[name] + self._counts[base],
                )
            )
        return found

    def _levels(self, chosen: NDArray[np.int64]) -> Floats:
        """Return each label's level among chosen cases; no number for one that none of them has."""
        x, y = self._x[chosen], self._y[chosen]
        has = np.asarray(x.sum(axis=0) > 0)
        factor = cho_factor(np.eye(len(y)) + self._ratio * self._k[np.ix_(chosen, chosen)])
        x = x[:, has]
        weighted = cho_solve(factor, x)
        levels = np.full(len(has), np.nan)
        levels[has] = np.linalg.solve(x.T @ weighted, weighted.T @ y)
        return levels

    def _likelihood(self, ratio: float) -> float:
        """Return the restricted log likelihood of a variance (Patterson & Thompson 1971), up to a constant."""
        x, y = self._x, self._y
        freedom = len(y) - x.shape[1]
        factor = cho_factor(np.eye(len(y)) + ratio * self._k)
        weighted = cho_solve(factor, x)
        inner = x.T @ weighted
        rest = y - x @ np.linalg.solve(inner, weighted.T @ y)
        left = max(float(rest @ cho_solve(factor, rest)), 1e-12)
        determinants = 2 * np.log(np.diag(factor[0])).sum() + np.linalg.slogdet(inner)[1]
        return float(-0.5 * (freedom * math.log(left) + determinants)) if freedom > 0 else -ratio
