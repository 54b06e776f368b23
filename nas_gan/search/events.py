"""What workers tell the process that shows the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from nas_gan.jobs.supervisor import Notice, WorkerStopped
from nas_gan.runs.record import RungRecord


@final
@dataclass(frozen=True)
class TrialStarted:
    """A worker begins to train a trial, or goes on with one that had seen `images_seen` images."""

    worker: int
    number: int
    parameters: int
    macs: int
    images_seen: int = 0


@final
@dataclass(frozen=True)
class TrialProgress:
    """Where a running trial is, about once a second. Losses are means over the last updates."""

    worker: int
    number: int
    images_seen: int
    images_per_second: float
    discriminator_loss: float
    generator_loss: float


@final
@dataclass(frozen=True)
class TrialScored:
    """A trial has reached a rung. `value` is of the study's metric."""

    worker: int
    number: int
    value: float
    rung: RungRecord


@final
@dataclass(frozen=True)
class TrialEnded:
    """A trial has ended, or is paused: `state` as in `nas_gan.search.catalogue.Trial`; `value` if it is complete."""

    worker: int
    number: int
    state: str
    value: float | None
    reason: str


@final
@dataclass(frozen=True)
class FinalsBegun:
    """A worker has no more trials to take, and trains the best again."""

    worker: int
    numbers: tuple[int, ...]


@final
@dataclass(frozen=True)
class RepeatStarted:
    """A worker begins to train a trial with a fresh seed, or goes on. `role`: `choice` or `figure`; `place`: from 1."""

    worker: int
    number: int
    role: str
    place: int
    parameters: int
    macs: int
    images_seen: int


@final
@dataclass(frozen=True)
class RepeatEnded:
    """A training with a fresh seed has ended: `state` complete, pruned, failed, interrupted or lost."""

    worker: int
    number: int
    role: str
    place: int
    state: str
    value: float | None
    reason: str


Event = (
    TrialStarted
    | TrialProgress
    | TrialScored
    | TrialEnded
    | FinalsBegun
    | RepeatStarted
    | RepeatEnded
    | WorkerStopped
    | Notice
)


def is_progress(event: Event) -> bool:
    """Say whether a worker has trained a trial as far as it was to be: what then goes wrong is something new."""
    return isinstance(event, TrialEnded | RepeatEnded) and event.state in {"complete", "pruned", "paused"}
