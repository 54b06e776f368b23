"""A worker's part in the finals of its search: when they have to begin, and that it carries them out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import optuna

from nas_gan.jobs.job import State
from nas_gan.jobs.queue import JobQueue
from nas_gan.search.finals import SHARE, Plan, finals_of
from nas_gan.store.retry import Retry


@final
@dataclass(frozen=True)
class Frame:
    """What a search says of its finals, and the time that there is for them.

    `finalists`: how many; None for as many as a fifth of the search's compute pays for. `workers`: of the search.
    `search_seconds`: its time, and `ends_at` when that is over, in seconds since 1970; None where only trials end it.
    """

    finalists: int | None
    workers: int
    search_seconds: float | None
    ends_at: float | None


@final
class Finale:
    """The finals of a search. They are not due before `look` has found out when they begin."""

    def __init__(
        self,
        study: optuna.Study,
        queue: JobQueue,
        frame: Frame,
        retry: Retry,
        tell_begun: Callable[[Plan], None],
        carry_out: Callable[[Plan], None],
    ) -> None:
        """`queue`: of trials. `tell_begun` is told of each plan once; `carry_out` trains what is left of one."""
        self._study = study
        self._queue = queue
        self._frame = frame
        self._retry = retry
        self._tell_begun = tell_begun
        self._carry_out = carry_out
        self._begins_at: float | None = None
        self._standing: list[tuple[int, State, int]] | None = None
        self._found: tuple[Plan, float] | None = None
        self._held: Plan | None = None

    def look(self) -> None:
        """Find out when the finals have to begin to be done in time, as the trials stand now."""
        self._begins_at = self._find_beginning()

    @property
    def is_due(self) -> bool:
        """Say whether that time has come."""
        return self._begins_at is not None and time.time() > self._begins_at

    def hold(self) -> None:
        """Train the best again with fresh seeds, as far as the search is to."""
        found = self._find_plan()
        if found is None:
            return
        plan, _ = found
        if plan != self._held:
            self._tell_begun(plan)
        self._held = plan
        self._carry_out(plan)

    def _find_beginning(self) -> float | None:
        frame = self._frame
        if frame.ends_at is None or frame.search_seconds is None:
            return None
        found, room = self._find_plan(), frame.search_seconds / SHARE
        if found is None or (frame.finalists is None and found[1] > room):
            return None
        return frame.ends_at - min(found[1], room)

    def _find_plan(self) -> tuple[Plan, float] | None:
        """Plan the finals, and say how long they take.

        All records have to be read for that, and are again only where trials stand otherwise than at the last look.
        """
        frame = self._frame
        if frame.finalists == 0:
            return None
        jobs = self._retry.call(self._queue.all)
        standing = [(job.id, job.state, job.leases) for job in jobs]
        if standing != self._standing:
            self._found = self._retry.call(lambda: finals_of(self._study, frame.finalists, frame.workers))
            self._standing = standing
        return self._found
