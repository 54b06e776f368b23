"""Trials that were trained again with fresh seeds: what they scored, what follows for the ranking, and who is tied.

A repeat is a job of its kind. It serves one of two ends, which its key names: `choice`, to compare trials by, or
`figure`, to say how good the chosen one is. Of the seeds that chose the best of several, the best was lucky with its
own; so a figure comes from seeds that took no part.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal, final

import optuna
from scipy.special import stdtrit

from nas_gan.jobs.job import REPEAT, Job
from nas_gan.jobs.queue import JobQueue
from nas_gan.runs.record import FinalRecord, parse_record
from nas_gan.runs.seeds import derive_seed
from nas_gan.search.result import parse_result
from nas_gan.search.storage.private import engine_of
from nas_gan.search.trials import IDENTITY

Role = Literal["choice", "figure"]

SEED_DEVIATION = 0.09
"""Standard deviation of log FID between seeds of one architecture (`scripts/analyse_table.py`, section noise)."""
CONFIDENCE = 0.95


@final
@dataclass(frozen=True)
class Repeat:
    """Say which training: the trial, what for, and the place of its seed among those, from 1 on."""

    number: int
    role: Role
    place: int

    @property
    def key(self) -> str:
        """Return how the table of jobs names it."""
        return f"{self.role}/{self.place}"

    @property
    def folder(self) -> str:
        """Return where its run lies in the folder of the study's runs."""
        return f"repeats/{self.number}-{self.role}-{self.place}"

    def seed(self, study_seed: int) -> int:
        """Return its seed, which no other repeat and no trial of the study has."""
        return derive_seed(study_seed, "repeat", self.number, self.role, self.place)


@final
@dataclass(frozen=True)
class EndedRepeat:
    """What a repeat came to. `value`: of the study's metric, None where training failed. `final`: of a figure's."""

    repeat: Repeat
    seed: int
    value: float | None
    final: FinalRecord | None = None


@final
@dataclass(frozen=True)
class Sample:
    """Values of one architecture with several seeds. `failed`: how many more came to none."""

    values: tuple[float, ...]
    failed: int = 0

    @property
    def count(self) -> int:
        """Return how many seeds there are, those that failed among them."""
        return len(self.values) + self.failed

    @property
    def mean(self) -> float | None:
        """Return the mean; None without a value."""
        return fmean(self.values) if self.values else None

    @property
    def deviation(self) -> float | None:
        """Return the standard deviation between seeds; None for fewer than two."""
        return stdev(self.values) if len(self.values) > 1 else None


@final
@dataclass(frozen=True)
class Fresh:
    """What fresh seeds say of a trial.

    `choice`: the seeds that trials were compared by. `figure`: seeds that took no part in that, of which `unseen` holds
    the scores on images that neither did. `rounds`: comparisons that it has been through. `open`: seeds that are still
    to be trained. `tied`: it can't be told from the best by its choice seeds.
    """

    choice: Sample
    figure: Sample
    finals: tuple[FinalRecord, ...]
    seeds: tuple[int, ...]
    rounds: int
    open: int
    tied: bool = False

    @property
    def shown(self) -> Sample:
        """Return the sample to show: that which took no part in the choice, where there is one."""
        return self.figure if self.figure.values or self.figure.failed else self.choice


def repeat_of(job: Job) -> Repeat:
    """Read which repeat a job is of."""
    role, _, place = (job.key or "").partition("/")
    if job.number is None or role not in ("choice", "figure") or not place.isdecimal():
        raise ValueError(f"job {job.id}: {job.key!r} is no repeat")
    return Repeat(job.number, "choice" if role == "choice" else "figure", int(place))


def repeats_queue(study: optuna.Study) -> JobQueue | None:
    """Return the repeats of a study as jobs; None for one that another program has made, or that is in memory."""
    engine, identity = engine_of(study), study.user_attrs.get(IDENTITY)
    if engine is None or identity is None:
        return None
    return JobQueue(engine, str(identity), kind=REPEAT)


def read_ended(queue: JobQueue, jobs: Iterable[Job]) -> list[EndedRepeat]:
    """Read what the repeats came to that have ended."""
    return [_read_one(queue, job) for job in jobs if job.has_ended]


def _read_one(queue: JobQueue, job: Job) -> EndedRepeat:
    repeat, result = repeat_of(job), parse_result(job, queue.result_of(job))
    final = None
    if repeat.role == "figure" and result.record:
        final = parse_record(result.record, f"{repeat.key} of trial {repeat.number}").final
    value = result.value if result.value is None or math.isfinite(result.value) else None
    return EndedRepeat(repeat, job.seed, value, final)


def read_fresh(study: optuna.Study) -> dict[int, Fresh]:
    """Read what fresh seeds say, by number of trial; a round that isn't over compares nobody yet."""
    queue = repeats_queue(study)
    jobs = [] if queue is None else queue.all()
    if queue is None or not jobs:
        return {}
    open_ones = [repeat_of(job) for job in jobs if not job.has_ended]
    unfinished = {repeat.place for repeat in open_ones if repeat.role == "choice"}
    ended: dict[int, list[EndedRepeat]] = {}
    for job in jobs:
        ended.setdefault(job.number or 0, [])
    for one in read_ended(queue, jobs):
        ended[one.repeat.number].append(one)
    return {
        number: _weigh(found, unfinished, sum(repeat.number == number for repeat in open_ones))
        for number, found in ended.items()
    }


def _weigh(ended: Sequence[EndedRepeat], unfinished: set[int], still_open: int) -> Fresh:
    ordered = sorted(ended, key=lambda one: (one.repeat.role, one.repeat.place))
    choice = [one for one in ordered if one.repeat.role == "choice" and one.repeat.place not in unfinished]
    figure = [one for one in ordered if one.repeat.role == "figure"]
    return Fresh(
        sample_of(choice),
        sample_of(figure),
        tuple(one.final for one in figure if one.final is not None),
        tuple(one.seed for one in ordered),
        len(choice),
        still_open,
    )


def sample_of(ended: Iterable[EndedRepeat]) -> Sample:
    """Put the values of repeats together."""
    values = [one.value for one in ended]
    known = tuple(value for value in values if value is not None)
    return Sample(known, len(values) - len(known))


def mean_key(sample: Sample, sign: float) -> tuple[bool, float]:
    """Order samples, the best first: those with a seed that failed come last. `sign`: -1 where larger is
    better.
    """
    mean = sample.mean
    return sample.failed > 0 or mean is None, sign * (mean or 0.0)


def are_tied(one: Sample, other: Sample, *, is_fid: bool) -> bool:
    """Say whether two means can't be told apart at 95 %, by a t test with a common deviation.

    With a seed each there is no deviation to be had: that of FID is known, and of anything else nothing is told apart.
    """
    if one.mean is None or other.mean is None or one.failed or other.failed:
        return False
    freedom = len(one.values) + len(other.values) - 2
    if freedom > 0:
        squares = sum(
            (value - sample.mean) ** 2
            for sample in (one, other)
            for value in sample.values
            if sample.mean is not None
        )
        deviation, quantile = math.sqrt(squares / freedom), float(stdtrit(freedom, (1 + CONFIDENCE) / 2))
    elif is_fid:
        deviation, quantile = SEED_DEVIATION * (one.mean + other.mean) / 2, 1.96
    else:
        return True
    width = quantile * deviation * math.sqrt(1 / len(one.values) + 1 / len(other.values))
    return abs(one.mean - other.mean) <= width


def interval_of_one_seed(value: float) -> tuple[float, float]:
    """Return what FID to expect of other seeds, nine times in ten and more, from that of one: ± 2 deviations in log."""
    factor = math.exp(1.96 * SEED_DEVIATION)
    return value / factor, value * factor
