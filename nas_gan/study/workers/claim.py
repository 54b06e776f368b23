"""What a claim is: a worker's hold on a trial, and what the next worker of the trial needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, final

from nas_gan.study.workers.owner import Process

CLAIM = "nas_gan:claim"
RECIPE = "recipe_hash"


@final
class TrialLost(Exception):  # noqa: N818 - not a mistake, but what becomes of a worker that was away for long
    """The trial has been given to another worker, or has ended, since it was claimed."""


@final
@dataclass(frozen=True)
class Claim:
    """What a trial's row says of who runs it.

    `times`: how often it was claimed. `deaths`: how many of its workers died in a row without reaching a rung, of
    which it had reached `rungs` by then. `passed`: images of the last rung after which it was let go on, and `marks`
    how many of the pruner's own marks it had by then. `after`: the number of the trial of the same
    recipe that it waits for.
    """

    token: str
    owner: Process
    times: int = 1
    deaths: int = 0
    rungs: int = 0
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
    """No trial to take: `done` if as many have ended as were asked for, else others are at the last ones."""

    done: bool


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
    return Claim(**{**tree, "owner": Process(**tree["owner"])})
