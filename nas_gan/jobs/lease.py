"""A job that this worker holds, as what it carries out sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, final

from nas_gan.jobs.job import Decision, Job, JobLost
from nas_gan.jobs.queue import JobQueue, Judge
from nas_gan.store.retry import Retry

Value = TypeVar("Value")


@final
class SameKey(Exception):  # noqa: N818 - not a mistake: another worker is at the same
    """Another job is at the same; this one waits in the queue for its end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"job {number} is at the same")
        self.number = number


@final
@dataclass(frozen=True, eq=False)
class Lease:
    """Hold a job that a worker has leased.

    `check_stop` raises KeyboardInterrupt when the worker is to end, `check_mine` JobLost when it lost the job. Each
    question to the database is asked again for as long as that is away.
    """

    queue: JobQueue
    job: Job
    retry: Retry
    check_stop: Callable[[], None]
    check_mine: Callable[[], None]

    @property
    def number(self) -> int:
        """Return the number of the job's trial."""
        if self.job.number is None:
            raise ValueError("a job without a number is carried out")
        return self.job.number

    @property
    def is_first(self) -> bool:
        """Say whether nobody has had the job before."""
        return self.job.leases == 1

    def check(self) -> None:
        """Raise KeyboardInterrupt or JobLost where the job isn't to go on."""
        self.check_stop()
        self.check_mine()

    def make_sure(self) -> None:
        """Ask the database, and raise JobLost where the job is another worker's by now."""
        if not self.call(lambda: self.queue.beat(self.job)):
            raise JobLost

    def begin_key(self, key: str) -> None:
        """Say what the job is about to come to; raises SameKey or JobLost."""
        other = self.call(lambda: self.queue.begin_key(self.job, key))
        if other is not None:
            raise SameKey(other)

    def ended_with(self, key: str) -> list[int]:
        """List the numbers of the jobs of a key that were carried out, oldest first."""
        return self.call(lambda: self.queue.ended_with(key))

    def begin_at(self, step: int) -> None:
        """Say where this worker goes on; raises JobLost."""
        self.call(lambda: self.queue.begin_at(self.job, step))

    def report(self, step: int, values: tuple[float, ...], judge: Judge) -> Decision:
        """Note what the job has at a rung, and decide how it goes on; raises JobLost."""
        return self.call(lambda: self.queue.report(self.job, step, values, judge))

    def call(self, attempt: Callable[[], Value]) -> Value:
        """Return what `attempt` does, once database and disk allow."""
        return self.retry.call(attempt)
