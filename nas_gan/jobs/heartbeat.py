"""Signs of life: a thread that shows a worker's own, and looks for workers that show none any more."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from nas_gan.jobs.job import Job, JobLost
from nas_gan.jobs.queue import JobQueue
from nas_gan.store.retry import transient_cause, without_waiting

MISSED_BEATS = 6

logger = logging.getLogger(__name__)


@final
class Reaper:
    """Put jobs back into the queue whose owners have died.

    An owner on this machine whose process is gone has died. Any other has when its sign of life stayed the same for
    the looks, `seconds` apart, in which it should have shown `MISSED_BEATS`: no clock is asked, so that one that
    jumps, or a pause of everything, kills nobody.
    """

    def __init__(self, queue: JobQueue, seconds: float) -> None:
        self._queue = queue
        self._seconds = seconds
        self._seen: dict[tuple[int, str | None], tuple[int, int]] = {}

    def look_for_silent(self) -> None:
        """Look once; to be done once in the time between two signs of life."""
        jobs = self._queue.leased()
        seen = {}
        for job in jobs:
            key = (job.id, job.token)
            beats, missed = self._seen.get(key, (None, -1))
            missed = missed + 1 if job.beats == beats else 0
            if missed * self._seconds >= MISSED_BEATS * max(job.heartbeat_seconds, self._seconds):
                self._requeue(job, "has shown no life for long")
            else:
                seen[key] = (job.beats, missed)
        self._seen = seen
        self._requeue_gone(jobs)

    def look_for_gone(self) -> None:
        """Put back at once what processes of this machine left behind."""
        self._requeue_gone(self._queue.leased())

    def forget(self) -> None:
        """Begin anew, after a time in which nobody could show life."""
        self._seen = {}

    def _requeue_gone(self, jobs: list[Job]) -> None:
        for job in jobs:
            if job.owner is not None and job.owner.is_gone():
                self._requeue(job, "is gone")

    def _requeue(self, job: Job, why: str) -> None:
        state = self._queue.requeue(job)
        name = f"{job.kind} {'without a number' if job.number is None else job.number}"
        if state == "queued":
            logger.info("%s is free again: its worker %s", name, why)
        elif state == "failed":
            logger.warning("%s has failed: its worker %s, like those before it", name, why)


@final
class Heartbeat:
    """Show that a worker lives for as long as it holds a job, and notice when the job is no longer its own."""

    def __init__(self, queue: JobQueue, reaper: Reaper, interval_seconds: float) -> None:
        self._queue = queue
        self._reaper = reaper
        self._interval_seconds = interval_seconds
        self._held: Job | None = None
        self._is_lost = False
        self._shown = self._asked = time.monotonic()
        self._told = ""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=self._interval_seconds)

    @contextmanager
    def hold(self, job: Job) -> Iterator[None]:
        """Show life for a job meanwhile."""
        self._is_lost = False
        self._shown = time.monotonic()
        self._held = job
        try:
            yield
        finally:
            self._held = None

    def check(self) -> None:
        """Raise JobLost where the job that is held has gone to another worker.

        A process that was stopped for a while asks before it does anything else.
        """
        now = time.monotonic()
        if now - max(self._shown, self._asked) > MISSED_BEATS / 2 * self._interval_seconds:
            # Where the database is away, an answer may take long, and there is training to be done.
            self._asked = now
            with without_waiting():
                self._beat()
        if self._is_lost:
            raise JobLost

    def _run(self) -> None:
        while not self._end.wait(self._interval_seconds):
            try:
                self._beat()
                self._reaper.look_for_silent()
            except Exception as error:
                # Nobody else could show life either.
                self._reaper.forget()
                # The main thread meets what passes, and says so; of anything else nobody would ever hear.
                if transient_cause(error) is None:
                    self._say(f"can't show signs of life: {type(error).__name__}: {error}")

    def _say(self, trouble: str) -> None:
        if trouble != self._told:
            self._told = trouble
            logger.warning(trouble)

    def _beat(self) -> None:
        held = self._held
        if held is not None and not self._queue.beat(held):
            self._is_lost = self._held is held
        self._shown = time.monotonic()
