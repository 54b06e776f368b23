"""Who is at a study: searches and workers, also while they start and between two trials.

Each has a seat in the table of jobs, of a kind of its own, and shows life for it. So that a study isn't deleted or
renamed under them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import optuna

from nas_gan.jobs.heartbeat import Heartbeat, Reaper
from nas_gan.jobs.job import HEARTBEAT_SECONDS, SEAT, Ending, Job
from nas_gan.jobs.owner import new_token
from nas_gan.jobs.queue import JobQueue
from nas_gan.search.storage.private import engine_of
from nas_gan.search.trials import IDENTITY
from nas_gan.store.retry import without_waiting

ANY_NUMBER = 10**6


def seats_of(study: optuna.Study, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> JobQueue | None:
    """Return the seats at a study; None for one that another program has made, or that is in memory."""
    engine, identity = engine_of(study), study.user_attrs.get(IDENTITY)
    if engine is None or identity is None:
        return None
    return JobQueue(engine, str(identity), heartbeat_seconds, SEAT)


@contextmanager
def attending(study: optuna.Study, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> Iterator[None]:
    """Have a seat meanwhile. Where the database is away, nobody can take the study away either."""
    seats, seat = seats_of(study, heartbeat_seconds), None
    if seats is None:
        yield
        return
    with without_waiting():
        seat = seats.lease(new_token(), ANY_NUMBER)
    if not isinstance(seat, Job):
        yield
        return
    heartbeat = Heartbeat(seats, Reaper(seats, heartbeat_seconds), heartbeat_seconds)
    try:
        with heartbeat, heartbeat.hold(seat):
            yield
    finally:
        with without_waiting():
            seats.release(seat, Ending("queued", "", ""))
