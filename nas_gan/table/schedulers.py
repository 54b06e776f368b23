"""Which trial goes on at a rung: schedulers on plain numbers, lower ones better, as they act one trial at a time."""

from __future__ import annotations

import statistics
from typing import Protocol, final


class Scheduler(Protocol):
    """Decides after each rung which trial is trained on. Trials and rungs are numbered from 0."""

    def choose(self) -> int | None:
        """Return the trial that goes on to its next rung; None to begin a new one."""

    def observe(self, trial: int, rung: int, signal: float) -> None:
        """Take in what a trial showed at a rung."""

    def fail(self, trial: int) -> None:
        """Take in that a trial broke off before its next rung."""


class Rule(Protocol):
    """Whether a trial may go on beyond a rung; asked once a rung and trial, before the next trial begins."""

    def passes(self, rung: int, signal: float) -> bool:
        """Answer, and remember the signal."""

    def complete(self, signals: tuple[float, ...]) -> None:
        """Take in the signals of a trial that was trained to its end."""


@final
class Stopping:
    """Trains a trial until a rule stops it for good. It never comes back to one."""

    def __init__(self, rungs: int, rule: Rule) -> None:
        self._last = rungs - 1
        self._rule = rule
        self._current: int | None = None
        self._signals: list[float] = []

    def choose(self) -> int | None:
        return self._current

    def observe(self, trial: int, rung: int, signal: float) -> None:
        self._signals = [*self._signals, signal] if rung else [signal]
        goes_on = rung < self._last and self._rule.passes(rung, signal)
        if rung == self._last:
            self._rule.complete(tuple(self._signals))
        self._current = trial if goes_on else None

    def fail(self, trial: int) -> None:
        self._current = None


@final
class Always:
    """Lets every trial pass: no pruning."""

    def passes(self, rung: int, signal: float) -> bool:
        return True

    def complete(self, signals: tuple[float, ...]) -> None:
        pass


@final
class TopShare:
    """Lets the best 1/reduction pass of all that have come to a rung so far, the first ones while they are the best.

    Asynchronous successive halving that stops, as `optuna.pruners.SuccessiveHalvingPruner` does it.
    """

    def __init__(self, reduction: int) -> None:
        self._reduction = reduction
        self._seen: dict[int, list[float]] = {}

    def passes(self, rung: int, signal: float) -> bool:
        seen = self._seen.setdefault(rung, [])
        seen.append(signal)
        place = max(0, len(seen) // self._reduction - 1)
        return signal <= sorted(seen)[place]

    def complete(self, signals: tuple[float, ...]) -> None:
        pass


@final
class BelowMedian:
    """Lets a trial pass whose best signal so far is no worse than the median of the trained ones' at this rung.

    As `optuna.pruners.MedianPruner`; everything passes until `startup` trials have been trained to their end.
    """

    def __init__(self, startup: int = 5) -> None:
        self._startup = startup
        self._complete: list[tuple[float, ...]] = []
        self._best = float("inf")

    def passes(self, rung: int, signal: float) -> bool:
        self._best = min(signal, self._best) if rung else signal
        if len(self._complete) < self._startup:
            return True
        return self._best <= statistics.median(signals[rung] for signals in self._complete)

    def complete(self, signals: tuple[float, ...]) -> None:
        self._complete.append(signals)


@final
class Promotion:
    """Asynchronous successive halving that pauses: a trial goes on from its checkpoint as soon as it is among the best
    1/reduction of its rung, highest rungs first; else a new one begins (Li et al. 2018, arXiv 1810.05934, algorithm 2).
    """

    def __init__(self, rungs: int, reduction: int) -> None:
        self._reduction = reduction
        self._rungs: list[list[tuple[float, int]]] = [[] for _ in range(rungs)]
        self._gone_on: list[set[int]] = [set() for _ in range(rungs)]

    def choose(self) -> int | None:
        for rung in reversed(range(len(self._rungs) - 1)):
            seen, gone_on = self._rungs[rung], self._gone_on[rung]
            for _, trial in sorted(seen)[: len(seen) // self._reduction]:
                if trial not in gone_on:
                    gone_on.add(trial)
                    return trial
        return None

    def observe(self, trial: int, rung: int, signal: float) -> None:
        self._rungs[rung].append((signal, trial))

    def fail(self, trial: int) -> None:
        pass
