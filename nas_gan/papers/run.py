"""Runs the jobs of a reproduction, in this process or side by side in several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import final

import torch

from nas_gan.data import load_dataset
from nas_gan.errors import InputError, one_line
from nas_gan.jobs.processes import ProcessPool
from nas_gan.jobs.supervisor import CheckStop, Task, WorkerStopped, supervise
from nas_gan.papers.plan import Conditions, Job
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.record import RunRecord
from nas_gan.runs.resources import choose_device, load_resources
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources
from nas_gan.runs.training_run import train_through
from nas_gan.training import Progress


@final
@dataclass(frozen=True)
class JobStarted:
    """A process begins to train a job; `index` is its place among the jobs."""

    index: int


@final
@dataclass(frozen=True)
class JobAdvanced:
    """Where a job is, about once a second."""

    index: int
    images_seen: int


@final
@dataclass(frozen=True)
class JobNoted:
    """Something about a job that the user should know; `text` is one line."""

    index: int
    text: str


@final
@dataclass(frozen=True)
class JobEnded:
    """A job has ended; `text` says how it scored, or what went wrong."""

    index: int
    outcome: str
    text: str
    wall_seconds: float


@final
@dataclass(frozen=True)
class ProcessFailed:
    """A process has ended before its time; `reason` is one line."""

    reason: str
    bad_input: bool


JobEvent = JobStarted | JobAdvanced | JobNoted | JobEnded | ProcessFailed
Emit = Callable[[JobEvent], None]


def run_jobs(jobs: Sequence[Job], workers: int, announce: Callable[[str], None], emit: Emit) -> None:
    """Train all jobs, each to its end, in `workers` processes of one thread each; 1 for this process.

    The first use of a classifier is in this process, so that no two train it. KeyboardInterrupt ends all and
    is raised again; what had ended by then stays. Raises InputError where a job's data or weights are missing.
    """
    loaded = {conditions: load_conditions(conditions, announce) for conditions in _different(jobs)}
    if workers == 1:
        work_through(jobs, iter(range(len(jobs))), loaded, emit)
    elif jobs:
        loaded.clear()
        _run_processes(jobs, min(workers, len(jobs)), emit)


def load_conditions(conditions: Conditions, announce: Callable[[str], None]) -> Resources:
    """Return data on the device, and the scorer; the noise of seed 0 scores every run."""
    return load_resources(
        conditions.data,
        load_dataset(conditions.data, announce),
        protocol=conditions.protocol,
        seed=0,
        device=choose_device(conditions.device),
        inception_weights=conditions.inception_weights,
        announce=announce,
        translates=conditions.translates,
    )


def work_through(
    jobs: Sequence[Job], places: Iterator[int], loaded: dict[Conditions, Resources], emit: Emit
) -> None:
    """Train the jobs at `places`, one after the other; raises KeyboardInterrupt where one was stopped."""
    for index in places:
        job = jobs[index]
        if job.conditions not in loaded:
            loaded[job.conditions] = load_conditions(job.conditions, lambda _: None)
        emit(JobStarted(index))

        def on_progress(progress: Progress, index: int = index) -> None:
            emit(JobAdvanced(index, progress.images_seen))

        def announce(line: str, index: int = index) -> None:
            emit(JobNoted(index, line))

        record = run_job(job, loaded[job.conditions], on_progress, announce)
        if record.outcome == "interrupted":
            raise KeyboardInterrupt
        emit(JobEnded(index, record.outcome, _ending(record), record.wall_seconds))


def run_job(
    job: Job, resources: Resources, on_progress: Callable[[Progress], None], announce: Callable[[str], None]
) -> RunRecord:
    """Train one job, from its checkpoint if it was stopped; an error of its own ends it alone.

    Raises InputError where what was stopped was trained in another way.
    """
    checkpoints = Checkpoints(job.folder, announce)
    was_stopped = checkpoints.exist
    # In the papers' precision, and a paper's failures are part of what it reports: nothing is ended early.
    run = Run(
        job.architecture,
        resources,
        job.folder,
        job.seed,
        job.images,
        precision="float32",
        full_scores=job.full_scores,
        watch_gradients=job.watch_gradients,
        guarded=False,
        checkpoints=checkpoints,
    )
    if was_stopped:
        run.resume()
    try:
        return train_through(run, job.scored_at, on_progress, lambda _: None)
    except InputError:
        raise
    except Exception as error:
        record = run.record("failed", one_line(error))
        run.write(record)
        return record


def _ending(record: RunRecord) -> str:
    from nas_gan.metrics.scores import scores_text

    return record.reason or (scores_text(record.rungs[-1].scores) if record.rungs else "no scores")


def _different(jobs: Iterable[Job]) -> list[Conditions]:
    return list(dict.fromkeys(job.conditions for job in jobs))


def _run_processes(jobs: Sequence[Job], count: int, emit: Emit) -> None:
    taken = multiprocessing.get_context("spawn").Value("i", 0)
    work = partial(_work, tuple(jobs), taken)

    def on_event(event: JobEvent | WorkerStopped) -> None:
        if isinstance(event, WorkerStopped):
            event = ProcessFailed(event.reason, event.bad_input)
        emit(event)

    supervise(ProcessPool(), [Task(index, work) for index in range(count)], on_event=on_event)


def _work(jobs: Sequence[Job], taken: Synchronized[int], say: Emit, check_stop: CheckStop) -> None:
    """Be a process's whole life. `taken` counts the jobs that some process has begun."""
    torch.set_num_threads(1)

    def emit(event: JobEvent) -> None:
        check_stop()
        say(event)

    # Where nobody hears any more, the one who asked for it is gone.
    with suppress(BrokenPipeError):
        work_through(jobs, _take(taken, len(jobs)), {}, emit)


def _take(taken: Synchronized[int], count: int) -> Iterator[int]:
    while True:
        with taken.get_lock():
            index = taken.value
            taken.value += 1
        if index >= count:
            return
        yield index
