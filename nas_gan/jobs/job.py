"""What a job is: something that one worker at a time carries out, as its row in the table says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, final

from nas_gan.jobs.owner import Process

State = Literal["queued", "leased", "paused", "done", "failed", "rejected"]

HEARTBEAT_SECONDS = 30.0
TRIAL = "trial"
REPEAT = "repeat"
SEAT = "seat"
"""Kinds of jobs: a repeat trains a trial's architecture again, with the job's own seed. A seat is had by whoever is at
a study as a whole, and isn't copied with it."""

Scores = Mapping[int, tuple[float, ...]]


@final
class JobLost(Exception):  # noqa: N818 - not a mistake, but what becomes of a worker that was away for long
    """The job has been leased to another worker, or has ended, since it was leased to this one."""


@final
@dataclass(frozen=True)
class Job:
    """Hold a job as it was when it was read.

    `number` and `seed` say which run of its study it is; a job has no number before its trial has been made. `token` is
    that of its last lease, and `leases` counts those. `beats` changes with every sign of life of its owner, which come
    `heartbeat_seconds` apart, the last one at `seen` by the database's clock. `deaths`: owners that died in a row
    without getting further than `progress`, where the first of them went on. `scores`: what it had at each rung.
    `passed`: the last rung after which it was let go on. `pending`: it was paused before there was anything to compare
    it with. `key`: jobs of one key come to the same. `waits_for`: the number of the job of its key whose end it waits
    for. `closed`: everybody knows that it has ended, and nothing is left to clear up.
    """

    id: int
    study: str
    kind: str
    number: int | None
    seed: int
    state: State
    token: str | None
    owner: Process | None
    heartbeat_seconds: float
    beats: int
    seen: datetime | None
    leases: int
    deaths: int
    progress: int
    scores: Scores
    passed: int
    pending: bool
    key: str | None
    waits_for: int | None
    outcome: str
    reason: str
    closed: bool

    @property
    def has_ended(self) -> bool:
        """Say whether nobody is to carry it out any more."""
        return self.state in ("done", "failed", "rejected")


@final
@dataclass(frozen=True)
class Ending:
    """Say what a job came to, or how it stands: its next state, an outcome in a word, why, and all else as text."""

    state: State
    outcome: str
    reason: str
    result: str | None = None


@final
@dataclass(frozen=True)
class Nothing:
    """Say that there is no job to lease: `done` if as many have ended as were asked for, else others are at `open`."""

    done: bool
    open: tuple[int, ...] = ()


Verdict = Literal["continue", "pause", "wait", "stop"]


@final
@dataclass(frozen=True)
class Decision:
    """Say how a job goes on after a rung, and why.

    `wait` is a pause that ends once there is something to compare the job with.
    """

    verdict: Verdict
    reason: str = ""


@final
@dataclass(frozen=True)
class Promotion:
    """Say which paused job goes on, if any, and which pending ones are paused for good, each with its reason."""

    job: Job | None = None
    settled: tuple[tuple[Job, str], ...] = ()
