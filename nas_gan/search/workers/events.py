"""What workers tell the process that shows the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

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
    """A trial has ended: `state` as in `nas_gan.search.catalogue.Trial`; `value` if trained to its end."""

    worker: int
    number: int
    state: str
    value: float | None
    reason: str


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
    """Something to say in one line: that a worker waits for the database, or that a trial is free again.

    `worker`: None for what the search itself says.
    """

    worker: int | None
    text: str


Event = TrialStarted | TrialProgress | TrialScored | TrialEnded | WorkerStopped | Notice
