"""No scheduler: every trial is trained to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from nas_gan.jobs.job import Decision
from nas_gan.search.schedulers.interface import Choice, Paused, Rung, Scheduler


@final
class NoScheduler(Scheduler):
    """Let every trial go on."""

    def decide(self, number: int, rung: Rung) -> Decision:
        """Let it go on."""
        return Decision("continue")

    def choose(self, paused: Sequence[Paused], rungs: Mapping[int, Rung], *, is_idle: bool) -> Choice:
        """Go on with what another scheduler has paused once there is nothing else to do, the lowest number first."""
        return Choice(min((each.number for each in paused), default=None) if is_idle else None)
