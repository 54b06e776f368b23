"""The median rule: a trial goes on unless it is worse than most that have reached its rung (Golovin et al. 2017)."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import final

from nas_gan.jobs.job import Decision
from nas_gan.search.schedulers.interface import Rung, Scheduler, Signal


@final
class MedianRule(Scheduler):
    """Pause a trial that is worse than the median of those that reached its rung before, of `others` at least.

    With several scores, pause one than which more than half are better.
    """

    def __init__(self, signals: Sequence[Signal], others: int = 5) -> None:
        super().__init__(signals)
        self._others = others

    def decide(self, number: int, rung: Rung) -> Decision:
        """Pause a trial of the worse half; stop one without a score."""
        told = rung.describe(number, self.signals)
        if not rung.is_number(number):
            return Decision("stop", f"{told}: not a number")
        others = {each: rung.scores[each] for each in rung.scores if each != number and rung.is_number(each)}
        if len(others) < self._others:
            return Decision("continue")
        if len(self.signals) > 1:
            better = rung.ranked(self.signals).index(number)
            is_worse, than = better * 2 > len(others), f"{better} of {len(others)} others are better"
        else:
            (signal,), (value,) = self.signals, rung.scores[number]
            median = statistics.median(each[0] for each in others.values())
            is_worse = value < median if signal.higher_is_better else value > median
            than = f"worse than the median of {len(others)} others, {median:.4g}"
        return Decision("pause", f"{told}: {than}") if is_worse else Decision("continue")
