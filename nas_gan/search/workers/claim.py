"""What a claim is: a worker's hold on a trial, and what the next worker of the trial needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, final

from nas_gan.search.workers.owner import Process

CLAIM = "nas_gan:claim"
RECIPE = "recipe_hash"
BEAT_SECONDS = 30.0


@final
class TrialLost(Exception):  # noqa: N818 - not a mistake, but what becomes of a worker that was away for long
    """The trial has been given to another worker, or has ended, since it was claimed."""


@final
@dataclass(frozen=True)
class Claim:
    """What a trial's row says of who runs it.

    `beat_seconds`: time between two signs of life of the one who has it. `times`: how often it was claimed. `deaths`:
    how many of its workers died in a row without getting further than the first of them, which went on after `images`.
    `passed`: images of the last rung after which it was let go on, and `marks`
    how many of the pruner's own marks it had by then. `after`: the number of the trial of the same
    recipe that it waits for.
    """

    token: str
    owner: Process
    beat_seconds: float = BEAT_SECONDS
    times: int = 1
    deaths: int = 0
    images: int = 0
    passed: int = 0
    marks: int = 0
    after: int | None = None


@final
@dataclass(frozen=True)
class Taken:
    """A trial that is now this worker's. `number` is the study's, `trial_id` the database's.

    `reported`: images of the rungs whose value an earlier worker has reported.
    """

    trial_id: int
    number: int
    claim: Claim
    reported: frozenset[int]


@final
@dataclass(frozen=True)
class Nothing:
    """No trial to take: `done` if as many have ended as were asked for, else others are at the last ones, `open`."""

    done: bool
    open: tuple[int, ...] = ()


@final
@dataclass(frozen=True)
class Sign:
    """A running trial and its sign of life."""

    trial_id: int
    number: int
    claim: Claim
    heartbeat: datetime | None


def parse_claim(tree: dict[str, Any]) -> Claim:
    """A claim from a trial's system attributes."""
    # Of another version's claim, what this one knows is enough.
    known = {name: tree[name] for name in Claim.__dataclass_fields__ if name in tree}
    return Claim(**{**known, "owner": Process(**tree["owner"])})
