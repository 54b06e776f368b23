"""Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934), which pauses what it doesn't let through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from nas_gan.errors import InputError
from nas_gan.jobs.job import Decision
from nas_gan.search.schedulers.interface import Choice, Paused, Rung, Scheduler, Signal

SHARES = {2: "half", 3: "third", 4: "quarter", 5: "fifth"}


@final
class SuccessiveHalving(Scheduler):
    """Let the best of each rung go on: one in `reduction` of those that have reached it so far, and one at least.

    The first trial at a rung has nothing to be compared with. It is paused, and goes on if it is the better one when
    the second arrives, or at once where there is no other trial to begin meanwhile.

    With `promote` a paused trial goes on later, from its checkpoint, when enough worse ones have reached its rung; it
    comes before a new trial then. Without, what a rung has decided stays.

    Several scores are compared as `nas_gan.search.ranking.place_points` has it.
    """

    def __init__(self, signals: Sequence[Signal], reduction: int = 3, *, promote: bool = False) -> None:
        """Raise InputError unless `reduction` is at least 2."""
        if reduction < 2:
            raise InputError(f"reduction {reduction}: one in so many goes on from a rung; give 2 or more")
        super().__init__(signals)
        self._reduction = reduction
        self._promote = promote

    def decide(self, number: int, rung: Rung) -> Decision:
        """Let a trial through if it is among the best share, and pause it if not; stop one without a score."""
        told = rung.describe(number, self.signals)
        if not rung.is_number(number):
            return Decision("stop", f"{told}: not a number")
        if len(rung.scores) < 2:
            return Decision("wait", f"{told}: the first there, with nothing to be compared with")
        best = self._best(rung)
        if number in best:
            return Decision("continue")
        share = SHARES.get(self._reduction, f"1/{self._reduction}")
        why = f"; {rung.explain(number, self.signals)}" if len(self.signals) > 1 else ""
        return Decision(
            "pause",
            f"{told}: not among the best {share} of {len(rung.scores)}, {self._bound(rung, best)}{why}",
        )

    def choose(self, paused: Sequence[Paused], rungs: Mapping[int, Rung], *, is_idle: bool) -> Choice:
        """Pick the best trial of the highest rung that now goes on; settle what has turned out to be worse."""
        settled: dict[int, str] = {}
        for images in sorted({each.images for each in paused}, reverse=True):
            here = {each.number: each for each in paused if each.images == images}
            best = set(self._best(rungs[images])) if self._promote else set()
            for number in rungs[images].ranked(self.signals):
                if number not in here or not (here[number].is_pending or number in best):
                    continue
                decision = self.decide(number, rungs[images])
                if decision.verdict == "continue" or (decision.verdict == "wait" and is_idle):
                    return Choice(number, settled)
                if decision.verdict != "wait":
                    settled[number] = decision.reason
        return Choice(None, settled)

    def _best(self, rung: Rung) -> list[int]:
        return rung.ranked(self.signals)[: max(1, len(rung.scores) // self._reduction)]

    def _bound(self, rung: Rung, best: Sequence[int]) -> str:
        """Say what it would have taken."""
        if len(self.signals) > 1:
            return f"{'which is trial' if len(best) == 1 else 'which are trials'} {', '.join(map(str, best))}"
        (bound,) = rung.scores[best[-1]]
        return f"which had {bound:.4g} or {'more' if self.signals[0].higher_is_better else 'less'}"
