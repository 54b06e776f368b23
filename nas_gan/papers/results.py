"""What a reproduction came to: scores over seeds, and which of the paper's orderings hold in them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Literal, final

from nas_gan.metrics.scores import SCORE_KINDS, ScoreKind
from nas_gan.papers.plan import Job, Plan
from nas_gan.papers.recipe import Recipe, RunRecipe, published_value
from nas_gan.runs.record import RunRecord

Judged = Literal["best", "last"]
Verdict = Literal["holds", "fails", "tie"]


@final
@dataclass(frozen=True)
class Summary:
    """A score over seeds; `deviation` (of the sample) is None for one seed."""

    mean: float
    deviation: float | None
    seeds: int


@final
@dataclass(frozen=True)
class Finished:
    """A job that was trained, and its record."""

    job: Job
    record: RunRecord

    def values(self, name: str) -> list[float]:
        """Return a score at each scoring that has it."""
        found = (SCORE_KINDS[name].value(rung.scores) for rung in self.record.rungs)
        return [value for value in found if value is not None]

    @property
    def class_shares(self) -> tuple[float, ...] | None:
        """Shares of the classes that the last scoring found, where it looked for them."""
        return self.record.rungs[-1].scores.class_shares if self.record.rungs else None

    def score(self, name: str, judged: Judged) -> float | None:
        """Return the best scoring's value, or the last one's; None where there is none."""
        values = self.values(name)
        if not values or judged == "last":
            return values[-1] if values else None
        return max(values) if SCORE_KINDS[name].higher_is_better else min(values)


@final
@dataclass(frozen=True)
class RunResult:
    """One run of a recipe over all its seeds; `finished` is empty where none has ended yet."""

    run: RunRecipe
    jobs: tuple[Job, ...]
    finished: tuple[Finished, ...]

    @property
    def data(self) -> str:
        """What it was trained on."""
        return self.jobs[0].conditions.data.source

    @property
    def images_per_update(self) -> int:
        """Real images between two updates of the generator."""
        training = self.jobs[0].architecture.training
        return training.batch_size * training.discriminator_steps

    @property
    def wall_seconds(self) -> float | None:
        """Mean over seeds of what a run took."""
        times = [one.record.wall_seconds for one in self.finished]
        return statistics.fmean(times) if times else None

    def summarise(self, name: str, judged: Judged) -> Summary | None:
        """Return a score over the seeds that have it; None if none has."""
        values = [value for one in self.finished if (value := one.score(name, judged)) is not None]
        return summarise(values)

    def swing(self, kind: ScoreKind) -> Summary | None:
        """Say how much a score oscillates: the deviation of its changes from one scoring to the next, over the seeds.

        A score that rises steadily has none. None where no seed has three scorings.
        """
        changes = [
            [after - before for before, after in pairwise(one.values(kind.name))] for one in self.finished
        ]
        return summarise([statistics.stdev(each) for each in changes if len(each) > 1])

    def lost(self, kind: ScoreKind) -> Summary | None:
        """Say how far a score has fallen back: the last scoring behind the best, at least 0, over the seeds."""
        lasting = ((one.score(kind.name, "best"), one.score(kind.name, "last")) for one in self.finished)
        return summarise(
            [abs(best - last) for best, last in lasting if best is not None and last is not None]
        )


@final
@dataclass(frozen=True)
class Ordering:
    """Two runs of which the paper says that `better` beats `worse`, and what came out here.

    `published` is None where its text alone says so. "tie": our means differ by no more than the larger of the
    deviations over seeds.
    """

    better: str
    worse: str
    published: tuple[float, float] | None
    measured: tuple[float, float]
    verdict: Verdict


def summarise(values: Sequence[float]) -> Summary | None:
    """Return the mean and the deviation of some values; None without any."""
    if not values:
        return None
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Summary(statistics.fmean(values), deviation, len(values))


def read_results(plan: Plan) -> tuple[RunResult, ...]:
    """Return all runs of a plan with what has been trained of them, in the recipe's order."""
    results = []
    for run in plan.recipe.runs:
        jobs = tuple(job for job in plan.jobs if job.run.name == run.name)
        found = [(job, job.find_finished()) for job in jobs]
        results.append(
            RunResult(run, jobs, tuple(Finished(job, record) for job, record in found if record is not None))
        )
    return tuple(results)


def compare_orderings(recipe: Recipe, results: Sequence[RunResult]) -> list[Ordering]:
    """Return every pair of runs that the paper tells apart and that was trained here, by the recipe's first score.

    It tells them apart in its text, or by its figures for the same data, where these differ by more than the
    larger of its own deviations.
    """
    name = recipe.scores[0]
    by_name = {result.run.name: result for result in results}
    said: dict[tuple[str, str], tuple[float, float] | None] = dict.fromkeys(recipe.orderings)
    said |= _published_orderings(name, results)
    orderings = []
    for (better, worse), figures in said.items():
        ahead, behind = (by_name[run].summarise(name, recipe.judged) for run in (better, worse))
        if ahead is None or behind is None:
            continue
        lead = (ahead.mean - behind.mean) * (1 if SCORE_KINDS[name].higher_is_better else -1)
        tie = _close(lead, ahead.deviation, behind.deviation)
        verdict: Verdict = "tie" if tie else "holds" if lead > 0 else "fails"
        orderings.append(Ordering(better, worse, figures, (ahead.mean, behind.mean), verdict))
    return orderings


def _published_orderings(
    name: str, results: Iterable[RunResult]
) -> Iterator[tuple[tuple[str, str], tuple[float, float]]]:
    """Return better and worse run with the paper's figures for them."""
    known = [result for result in results if name in result.run.published]
    for one, other in combinations(known, 2):
        (ours, our_deviation), (theirs, their_deviation) = (
            published_value(result.run.published[name]) for result in (one, other)
        )
        if one.data != other.data or _close(ours - theirs, our_deviation, their_deviation):
            continue
        if (ours > theirs) == SCORE_KINDS[name].higher_is_better:
            yield (one.run.name, other.run.name), (ours, theirs)
        else:
            yield (other.run.name, one.run.name), (theirs, ours)


def curve_of(finished: Finished, name: str) -> tuple[list[float], list[float]]:
    """Return generator updates and a score's values at a run's scorings."""
    training = finished.job.architecture.training
    update = training.batch_size * training.discriminator_steps
    points = [
        (rung.images_seen / update, SCORE_KINDS[name].value(rung.scores)) for rung in finished.record.rungs
    ]
    kept = [(at, value) for at, value in points if value is not None]
    return [at for at, _ in kept], [value for _, value in kept]


def newest_sample(finished: Finished, images: int) -> Path:
    """Return the samples that a run drew after so many images."""
    return finished.job.folder / f"samples-{images}.png"


def _close(difference: float, *deviations: float | None) -> bool:
    known = [deviation for deviation in deviations if deviation is not None]
    return abs(difference) <= max(known, default=0.0)
