"""The scheduler of a study, and what it is asked on behalf of the table of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.jobs.job import Decision, Job, Promotion
from nas_gan.search.plugins import is_own
from nas_gan.search.schedulers.halving import SuccessiveHalving
from nas_gan.search.schedulers.interface import Paused, Rung, Scheduler, Signal
from nas_gan.search.schedulers.median import MedianRule
from nas_gan.search.schedulers.none import NoScheduler
from nas_gan.search.schedulers.own import OwnScheduler


def build_scheduler(
    kind: str, signals: Sequence[Signal], reduction: int = 3, *, promote: bool = False
) -> Scheduler:
    """Make a scheduler that compares these signals at each rung; `module:Class` is one of the user's.

    Raises InputError where there is no such class.
    """
    if is_own(kind):
        return OwnScheduler(kind, signals)
    match kind:
        case "asha":
            return SuccessiveHalving(signals, reduction, promote=promote)
        case "median":
            return MedianRule(signals)
        case "none":
            return NoScheduler(signals)
        case _:
            raise ValueError(f"no scheduler is called {kind!r}")


@final
@dataclass(frozen=True, eq=False)
class JobScheduler:
    """Ask a scheduler about jobs. `wanted`: as many are to end in all."""

    scheduler: Scheduler
    wanted: int

    def judge(self, job: Job, images: int, jobs: Sequence[Job]) -> Decision:
        """Decide how a job goes on that has reached a rung; one that would wait goes on if no other may be begun."""
        decision = self.scheduler.decide(_number(job), _rung(images, jobs))
        if decision.verdict == "wait" and self._has_no_room(jobs):
            return Decision("continue")
        return decision

    def promote(self, jobs: Sequence[Job], is_idle: bool) -> Promotion:
        """Pick a paused job that goes on, before another one is begun or where none may be."""
        by_number = {_number(job): job for job in jobs if job.state == "paused" and job.scores}
        if not by_number:
            return Promotion()
        paused = [Paused(number, max(job.scores), job.pending) for number, job in by_number.items()]
        rungs = {images: _rung(images, jobs) for images in {each.images for each in paused}}
        choice = self.scheduler.choose(paused, rungs, is_idle=is_idle)
        settled = tuple((by_number[number], reason) for number, reason in choice.settled.items())
        return Promotion(None if choice.number is None else by_number[choice.number], settled)

    def _has_no_room(self, jobs: Sequence[Job]) -> bool:
        return sum(not job.has_ended or job.state == "done" for job in jobs) >= self.wanted


def leads(job: Job, images: int, jobs: Sequence[Job], signals: Sequence[Signal]) -> bool:
    """Say whether a job is the best of all that have reached a rung."""
    return _rung(images, jobs).ranked(signals)[0] == _number(job)


def places_of(jobs: Sequence[Job], signals: Sequence[Signal]) -> dict[int, dict[int, float]]:
    """Return where each job stands at each rung that it has reached, by numbers: from 0 for the best, as a rung orders
    them. So what takes one score a rung, lower being better, can weigh several.
    """
    found: dict[int, dict[int, float]] = {}
    for images in {images for job in jobs for images in job.scores}:
        for place, number in enumerate(_rung(images, jobs).ranked(signals)):
            found.setdefault(number, {})[images] = float(place)
    return found


def _rung(images: int, jobs: Sequence[Job]) -> Rung:
    return Rung(images, {_number(job): job.scores[images] for job in jobs if images in job.scores})


def _number(job: Job) -> int:
    if job.number is None:
        raise ValueError("a job without a number has no scores")
    return job.number
