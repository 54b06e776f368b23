"""Measures what several workers on one study make of the time they have.

    python scripts/bench_workers.py
    python scripts/bench_workers.py --sleepers 64 --storage postgresql+psycopg://localhost/bench

First form: trials an hour of a search of the bundled digits with 1, 2 and 4 workers, beside the ideal, which is that of
one worker times as many as there are cores for. Second form: workers that sleep instead of training, with everything
else that a worker asks of the database; prints the share of the time in which they didn't sleep.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import get_storage
from sqlalchemy import event

from nas_gan.jobs.heartbeat import Heartbeat, Reaper
from nas_gan.jobs.job import Job
from nas_gan.jobs.owner import new_token
from nas_gan.jobs.table import JOBS
from nas_gan.search.closing import Closing
from nas_gan.search.result import TrialResult
from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.schedulers.build import JobScheduler, build_scheduler
from nas_gan.search.schedulers.interface import Signal
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.worker_storage import WorkerStorage
from nas_gan.search.trials import Trials, give_identity, number_of, open_queue
from nas_gan.space import load_space
from nas_gan.spec import Image
from nas_gan.store.retry import Retry

IMAGE = Image(channels=1, resolution=28, classes=10)
RUNGS = (1000, 3000, 9000)

# One architecture, so that trials of one search are as long as those of another.
SPACE = """
[generator]
width = 16
[generator.stages]
width = 16
connect = "residual"
[discriminator]
width = 16
[discriminator.stages]
width = 16
[optimisers.generator]
learning_rate = { float = [1e-4, 1e-3], log = true }
"""


def measure_search(folder: Path, workers: int, trials: int, images: int) -> float:
    """Return trials an hour of a search, from the first trial's start to the last one's end."""
    space, storage, out = folder / "space.toml", folder / f"{workers}.db", folder / str(workers)
    space.write_text(SPACE)
    command = [
        *(sys.executable, "-m", "nas_gan", "search", "--space", str(space), "--json"),
        *("--pruner", "none", "--sampler", "random", "--protocol", "classifier-1k"),
        *("--images", str(images), "--trials", str(trials), "--workers", str(workers)),
        *("--study", "bench", "--storage", str(storage), "--out", str(out)),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    study = optuna.load_study(study_name="bench", storage=open_storage(str(storage), create=False))
    own = study.get_trials()
    began = min(trial.datetime_start for trial in own if trial.datetime_start)
    ended = max(trial.datetime_complete for trial in own if trial.datetime_complete)
    return len(own) / (ended - began).total_seconds() * 3600


def sleep_through_trials(storage_address: str, trials: int, seconds: float, start: Any, times: Any) -> None:
    """Sleep for a trial of three rungs, as a worker; put into `times` what it took: seconds, statements."""
    opened, retry = open_storage(storage_address, create=False), Retry(print, lambda: None)
    storage = WorkerStorage(get_storage(opened), retry)
    queue = open_queue(opened, optuna.load_study(study_name="sleep", storage=opened))
    sleeper = _Sleeper(storage, Trials(storage, "sleep", queue), trials, seconds)
    asked: Counter[bool] = Counter()

    @event.listens_for(opened.engine, "before_cursor_execute")
    def _count(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked[JOBS.name in statement] += 1

    start.wait()
    asked.clear()
    began, busy, slept = time.monotonic(), time.process_time(), 0.0
    scheduler = sleeper.scheduler
    with Heartbeat(queue, Reaper(queue, 30.0), 30.0) as heartbeat:
        while isinstance(job := sleeper.trials.take(new_token(), trials, scheduler.promote), Job):
            with heartbeat.hold(job):
                slept += sleeper.sleep_through(job)
    took, busy = time.monotonic() - began, time.process_time() - busy
    times.put((slept, took, busy, asked[True], asked[False]))


class _Sleeper:
    """What a worker does with a trial, but for the training."""

    def __init__(self, storage: WorkerStorage, trials: Trials, wanted: int, seconds: float) -> None:
        self.trials = trials
        self.scheduler = JobScheduler(build_scheduler("asha", [Signal("score")]), wanted)
        self._storage = storage
        self._sampler = build_sampler("tpe", os.getpid(), load_space("tiny"), IMAGE)
        self._closing = Closing(trials, "sleep", "nowhere")
        self._pick = random.Random(os.getpid())
        self._seconds = seconds

    def sleep_through(self, job: Job) -> float:
        """Sleep through a trial, or what is left of it; say for how many seconds."""
        queue = self.trials.queue
        paused = [each.number for each in queue.in_state("paused")]
        self._storage.paused = frozenset(number for number in paused if number is not None)
        trial = self.trials.open(job, self._sampler)
        slept, value = 0.0, sum(trial.suggest_float(name, 0.0, 1.0) for name in "abcdefgh")
        queue.begin_key(job, f"recipe {job.number}")
        queue.ended_with(f"recipe {job.number}")
        queue.begin_at(job, 1)
        values = [(images, value) for images in RUNGS if images in job.scores]
        for images, share in zip(RUNGS, (1 / 9, 2 / 9, 6 / 9), strict=True):
            if images in job.scores:
                continue
            # No two trainings take the same time.
            nap = self._seconds * share * self._pick.uniform(0.5, 1.5)
            time.sleep(nap)
            slept += nap
            values.append((images, value))
            if images == RUNGS[-1]:
                break
            trial.report(value, images)
            verdict = queue.report(job, images, (value,), self.scheduler.judge).verdict
            if verdict != "continue":
                told = TrialResult("pruned", "", None, tuple(values), "{}", True, verdict == "wait")
                queue.pause(job, told.ending(), pending=told.is_pending)
                self._closing.put_aside(job, told)
                return slept
        queue.end(job, TrialResult("complete", "", value, tuple(values), "{}").ending())
        self._closing.close(number_of(job), self._sampler)
        return slept


def measure_sleepers(storage: str, workers: int, trials: int, seconds: float) -> str:
    """Let workers sleep through trials, and say what it took."""
    study = optuna.create_study(study_name="sleep", storage=open_storage(storage, create=True))
    give_identity(study)
    # Workers share what they import; 64 times over it would fill the memory of a small machine.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nas_gan.search.worker"])
    start, times = context.Barrier(workers), context.Queue()
    arguments = (storage, trials, seconds, start, times)
    processes = [context.Process(target=sleep_through_trials, args=arguments) for _ in range(workers)]
    for process in processes:
        process.start()
    measured = [times.get() for _ in processes]
    for process in processes:
        process.join()
    slept, took, busy, of_jobs, others = (sum(part) for part in zip(*measured, strict=True))
    longest = max(each[1] for each in measured)
    ended = len(study.get_trials())
    return (
        f"{workers} workers, {ended} trials of {slept / ended:.1f} s asleep: {1 - slept / took:.1%} of the time not "
        f"asleep, {ended / longest:.2f} trials/s, {busy / ended:.2f} s of the workers' CPU and "
        f"{(of_jobs + others) / ended:.0f} statements a trial, {of_jobs / ended:.0f} of them to the table of jobs"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, help="trials (default 12, or 6 a sleeper)")
    parser.add_argument("--images", type=int, default=3000, help="images a trial (default 3000)")
    parser.add_argument("--sleepers", type=int, help="workers that sleep instead of training")
    parser.add_argument("--seconds", type=float, default=5.0, help="sleep of a whole trial (default 5)")
    parser.add_argument("--storage", help="database for sleepers (default: SQLite in a temporary folder)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if given.sleepers:
            storage = given.storage or str(Path(temporary) / "studies.db")
            trials = given.trials or 6 * given.sleepers
            print(measure_sleepers(storage, given.sleepers, trials, given.seconds))
            return
        cores = len(os.sched_getaffinity(0))
        print(f"{cores} cores; {given.trials or 12} trials of {given.images:,} images")
        print(f"{'workers':>8}{'trials an hour':>16}{'ideal':>9}{'share':>8}")
        alone = 0.0
        for workers in (1, 2, 4):
            rate = measure_search(Path(temporary), workers, given.trials or 12, given.images)
            alone = alone or rate
            ideal = alone * min(workers, cores)
            print(f"{workers:8}{rate:16,.0f}{ideal:9,.0f}{rate / ideal:8.0%}")


if __name__ == "__main__":
    main()
