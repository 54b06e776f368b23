"""One loop that has workers carry out what they are given, wherever a pool runs them, until all have ended."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from nas_gan.errors import InputError, one_line

GRACE_SECONDS = 30.0
TICK_SECONDS = 0.5
MAX_REPLACEMENTS = 3

Emit = Callable[[Any], None]
CheckStop = Callable[[], None]
Work = Callable[[Emit, CheckStop], None]
"""What a worker does for a whole life: it tells through the first, and asks the second whether it is to end."""


@final
class HopelessError(Exception):
    """Job after job comes to nothing; another worker would fare no better."""


@final
@dataclass(frozen=True)
class WorkerStopped:
    """A worker has ended because of an error; `reason` is one line.

    `hopeless`: another worker in its place would meet the same. `replaced`: another one has taken its place.
    """

    worker: int
    reason: str
    bad_input: bool = False
    hopeless: bool = False
    replaced: bool = False


@final
@dataclass(frozen=True)
class Notice:
    """Something to say in one line: that a worker waits for the database, or that a job is free again.

    `worker`: None for what no worker says.
    """

    worker: int | None
    text: str


@final
@dataclass(frozen=True)
class Task:
    """Say what the worker of an index does. `work` travels to another process, and must be such as can."""

    index: int
    work: Work


@final
@dataclass(frozen=True)
class Said:
    """A worker has told something."""

    worker: int
    event: Any


@final
@dataclass(frozen=True)
class Ended:
    """A worker has ended: by itself, or as it was told, or because of what `stopped` says.

    `was_said`: the worker itself has said so, and didn't just go.
    """

    worker: int
    stopped: WorkerStopped | None = None
    was_said: bool = False


class Pool(ABC):
    """Run workers somewhere: processes of this machine, or actors of a cluster."""

    @property
    @abstractmethod
    def is_running(self) -> bool:
        """Say whether a worker is left."""

    @abstractmethod
    def start(self, task: Task) -> None:
        """Start a worker; one of an index that has ended may be started again."""

    @abstractmethod
    def poll(self, seconds: float) -> Sequence[Said | Ended]:
        """Wait that long at most for what workers tell, and for those that end."""

    @abstractmethod
    def stop(self) -> None:
        """Tell all workers to put down what they are at, and to end."""

    @abstractmethod
    def kill(self) -> None:
        """End what is left, without a word."""


def supervise(
    pool: Pool,
    tasks: Sequence[Task],
    *,
    on_event: Callable[[Any], None],
    timeout_seconds: float | None = None,
    is_progress: Callable[[Any], bool] = lambda _: False,
    replacements: int = 0,
    ends_together: bool = False,
) -> bool:
    """Run a worker for each task; say whether they ended by themselves rather than by the clock.

    `on_event` is given what workers tell. KeyboardInterrupt ends the workers cleanly, and is raised again; a second one
    kills them, as does half a minute in which they don't end. A worker that dies is replaced until it has died
    `replacements` times without an event between that `is_progress`.
    `ends_together`: when one has ended by itself there is nothing left to do for the others, but for what they don't
    know to be lost.
    """
    supervision = _Supervision(pool, tasks, on_event, is_progress, replacements, ends_together)
    deadline = time.monotonic() + (timeout_seconds or float("inf"))
    in_time = True
    try:
        for task in tasks:
            pool.start(task)
        while pool.is_running:
            supervision.hear()
            if in_time and time.monotonic() > deadline:
                in_time = False
                supervision.end()
    finally:
        try:
            supervision.end()
            while pool.is_running:
                supervision.hear()
        finally:
            pool.kill()
    return in_time


def stopped_by(error: Exception, worker: int) -> WorkerStopped:
    """Say what has ended a worker."""
    if isinstance(error, InputError):
        return WorkerStopped(worker, str(error), bad_input=True, hopeless=True)
    if isinstance(error, HopelessError):
        return WorkerStopped(worker, str(error), hopeless=True)
    return WorkerStopped(worker, one_line(error))


@final
class _Supervision:
    """What is known of the workers of one call."""

    def __init__(
        self,
        pool: Pool,
        tasks: Sequence[Task],
        on_event: Callable[[Any], None],
        is_progress: Callable[[Any], bool],
        replacements: int,
        ends_together: bool,
    ) -> None:
        self._pool = pool
        self._tasks = {task.index: task for task in tasks}
        self._on_event = on_event
        self._is_progress = is_progress
        self._replacements = replacements
        self._ends_together = ends_together
        self._replaced: dict[int, int] = {}
        self._is_ending = False
        self._end_at = self._kill_at = float("inf")

    def hear(self) -> None:
        """Wait a moment for what workers tell, and see to those that have ended."""
        for report in self._pool.poll(TICK_SECONDS):
            if isinstance(report, Ended):
                self._see_to(report)
                continue
            if self._is_progress(report.event):
                self._replaced.pop(report.worker, None)
            self._on_event(report.event)
        if time.monotonic() > self._end_at:
            self.end()
        if time.monotonic() > self._kill_at:
            self._pool.kill()

    def end(self) -> None:
        """Tell all workers to end; those that haven't within half a minute are killed."""
        if not self._is_ending:
            self._is_ending = True
            self._kill_at = time.monotonic() + GRACE_SECONDS
            self._pool.stop()

    def _see_to(self, ended: Ended) -> None:
        stopped = ended.stopped
        if stopped is None and self._ends_together and not self._is_ending:
            self._end_at = min(self._end_at, time.monotonic() + GRACE_SECONDS)
        if stopped is None or (self._is_ending and not ended.was_said):
            return
        count = self._replaced.get(ended.worker, 0)
        is_replaced = not stopped.hopeless and not self._is_ending and count < self._replacements
        if is_replaced:
            self._replaced[ended.worker] = count + 1
            self._pool.start(self._tasks[ended.worker])
        self._on_event(replace(stopped, replaced=is_replaced))
