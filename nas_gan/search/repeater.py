"""A worker's part in repeats: it trains trials again with fresh seeds, one after the other, as a plan says.

A repeat is leased, fenced and gone on with as a trial is. What it came to stays in its job's row; Optuna isn't told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import final

import optuna

from nas_gan.errors import InputError, one_line
from nas_gan.jobs.heartbeat import Heartbeat, Reaper
from nas_gan.jobs.job import REPEAT, Ending, Job, JobLost
from nas_gan.jobs.lease import Lease
from nas_gan.jobs.owner import new_token
from nas_gan.jobs.queue import JobQueue
from nas_gan.jobs.supervisor import HopelessError, Notice
from nas_gan.metrics.protocol import for_the_figure
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.final import score_final
from nas_gan.runs.record import Outcome, RunRecord
from nas_gan.runs.resources import under_protocol
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources
from nas_gan.search.catalogue import read_one_trial
from nas_gan.search.closing import clear_up
from nas_gan.search.definition import StudyDefinition, value_at
from nas_gan.search.events import Event, RepeatEnded, RepeatStarted, TrialScored
from nas_gan.search.finals import Plan, next_repeats
from nas_gan.search.ingredients import Ingredients
from nas_gan.search.leased_run import follow, is_of_the_device, is_out_of_memory, open_run, push_files
from nas_gan.search.repeats import Repeat, read_ended, repeat_of
from nas_gan.search.result import TrialResult
from nas_gan.spec import compute_cost
from nas_gan.store.mirror import Mirror
from nas_gan.store.remote_folder import RemoteFolder
from nas_gan.store.retry import Retry, without_waiting
from nas_gan.training import Diverged, Progress

IDLE_SECONDS = 1.0
MAX_FAILURES = 3


@final
@dataclass(frozen=True, eq=False)
class Bench:
    """Hold what repeats are trained with. `out`: the folder of runs on this machine, `remote` the same at a URL.

    `final`: the resources whose scorer has real images that nothing was chosen by, made when they are first asked for;
    `resources` themselves where the protocol leaves no such images.
    """

    definition: StudyDefinition
    resources: Resources
    final: Callable[[], Resources]
    out: Path
    remote: RemoteFolder | None
    worker: int
    emit: Callable[[Event], None]


def make_bench(
    ingredients: Ingredients,
    out: Path,
    remote: RemoteFolder | None,
    worker: int,
    emit: Callable[[Event], None],
) -> Bench:
    """Make a bench of what a worker has."""
    resources, config = ingredients.resources, ingredients.config

    @cache
    def under_final() -> Resources:
        protocol = for_the_figure(resources.scorer.protocol.name)
        if protocol == resources.scorer.protocol.name:
            return resources

        def announce(text: str) -> None:
            emit(Notice(worker, text))

        return under_protocol(
            resources, protocol, inception_weights=config.inception_weights, announce=announce
        )

    return Bench(ingredients.definition, resources, under_final, out, remote, worker, emit)


@final
class Repeater:
    """One worker at the repeats of a study."""

    def __init__(
        self,
        queue: JobQueue,
        study: optuna.Study,
        bench: Bench,
        retry: Retry,
        heartbeat_seconds: float,
        check_going_on: Callable[[], None],
    ) -> None:
        """`queue`: of trials; that of repeats is beside it. `check_going_on` raises KeyboardInterrupt at the end."""
        self._queue = queue.of_kind(REPEAT)
        self._study = study
        self._bench = bench
        self._retry = retry
        self._check_going_on = check_going_on
        self._reaper = Reaper(self._queue, heartbeat_seconds)
        self._heartbeat_seconds = heartbeat_seconds
        self._heartbeat = Heartbeat(self._queue, self._reaper, heartbeat_seconds)
        self._sign = bench.definition.sign
        self._failures = 0

    def work(self, plan: Plan) -> None:
        """Train what waits, and what the plan wants, until nothing is left; others may be at it, too."""
        self._clear_up()
        with Heartbeat(self._queue, self._reaper, self._heartbeat_seconds) as self._heartbeat:
            while True:
                self._check_going_on()
                self._retry.call(self._reaper.look_for_gone)
                token = new_token()
                taken = self._retry.call(lambda token=token: self._queue.lease_queued(token))  # type: ignore[misc]
                if isinstance(taken, Job):
                    self._take_on(taken)
                elif not taken.done:
                    time.sleep(IDLE_SECONDS)
                elif wanted := self._retry.call(lambda: self._wanted(plan)):
                    seed = self._bench.definition.seed
                    rows = [(repeat.number, repeat.seed(seed), repeat.key) for repeat in wanted]
                    self._retry.call(lambda rows=rows: self._queue.add_missing(rows))  # type: ignore[misc]
                else:
                    return

    def _wanted(self, plan: Plan) -> Sequence[Repeat]:
        return next_repeats(plan, read_ended(self._queue, self._queue.all()), self._sign)

    def _take_on(self, job: Job) -> None:
        repeat, is_mine = repeat_of(job), False
        try:
            with self._heartbeat.hold(job):
                result = self._train(job, repeat)
                ending = result.ending()
                is_mine = self._retry.call(lambda: self._queue.end(job, ending))
        except JobLost:
            pass
        except KeyboardInterrupt:
            stopped = Ending("queued", "interrupted", "stopped")
            with without_waiting(), suppress(Exception):
                if self._queue.release(job, stopped):
                    self._tell(repeat, "interrupted", None, "stopped")
            raise
        if not is_mine:
            self._tell(repeat, "lost", None, "another worker has it by now")
            return
        clear_up(self._folder(repeat), self._remote_of(repeat), f"{repeat.key} of trial {repeat.number}")
        self._tell(repeat, result.outcome, result.value, result.reason)
        self._failures = self._failures + 1 if result.outcome == "failed" else 0
        if self._failures == MAX_FAILURES:
            raise HopelessError(f"{MAX_FAILURES} repeats in a row failed; their reasons are above")

    def _train(self, job: Job, repeat: Repeat) -> TrialResult:
        bench = self._bench
        lease = Lease(self._queue, job, self._retry, self._check_going_on, self._heartbeat.check)
        mirror = Mirror(self._folder(repeat), self._remote_of(repeat))
        try:
            run = self._open_run(lease, repeat, mirror)
            cost, worker = compute_cost(run.architecture), bench.worker
            where = (repeat.role, repeat.place)
            bench.emit(
                RepeatStarted(worker, repeat.number, *where, cost.parameters, cost.macs, run.images_seen)
            )
            return self._finish(run, lease, repeat, mirror)
        except (JobLost, KeyboardInterrupt):
            raise
        except Exception as error:
            if is_of_the_device(error):
                raise
            return TrialResult("failed", str(error) if isinstance(error, InputError) else one_line(error))

    def _finish(self, run: Run, lease: Lease, repeat: Repeat, mirror: Mirror) -> TrialResult:
        """Train to the end, score, and write the record."""
        images = self._bench.definition.images
        outcome: Outcome = "complete"
        reason, final = "", None
        try:
            if not run.rungs:

                def on_progress(progress: Progress) -> None:
                    follow(lease, mirror, self._bench.worker, progress, self._bench.emit)

                rung = lease.call(lambda: run.advance(images, on_progress))
                value = value_at(rung, self._bench.definition.metric)
                self._bench.emit(TrialScored(self._bench.worker, repeat.number, value, rung))
            if repeat.role == "figure":
                generator, under = run.averaged_generator(), self._bench.final()
                # Under the protocol of the search it has been scored already, at its only rung.
                scores = run.rungs[-1].scores if under is self._bench.resources else None
                precision = self._bench.definition.precision
                final = score_final(generator, run.architecture, under, precision, scores)
        except Diverged as diverged:
            outcome, reason = "pruned", diverged.reason
        except KeyboardInterrupt:
            with suppress(JobLost), without_waiting():
                lease.check_mine()
                mirror.push(lease.check_mine)
            raise
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            outcome, reason = "pruned", f"out of memory after {run.images_seen:,} images"
        record = run.record(outcome, reason).model_copy(update={"final": final})
        lease.check_mine()
        lease.call(lambda: run.write(record))
        push_files(lease, mirror)
        return self._result(record)

    def _open_run(self, lease: Lease, repeat: Repeat, mirror: Mirror) -> Run:
        trial = lease.call(lambda: read_one_trial(self._study, str(repeat.number)))
        if trial.record is None:
            raise InputError(f"trial {repeat.number} has no record to be trained again by")
        architecture, definition = trial.record.architecture, self._bench.definition

        def build(checkpoints: Checkpoints) -> Run:
            return Run(
                architecture,
                self._bench.resources,
                self._folder(repeat),
                lease.job.seed,
                definition.images,
                precision=definition.precision,
                metric=definition.metric,
                checkpoints=checkpoints,
                check=lease.check_mine,
            )

        return open_run(build, self._folder(repeat), lease, mirror, self._say)

    def _result(self, record: RunRecord) -> TrialResult:
        value = None
        if record.outcome == "complete":
            value = value_at(record.rungs[-1], self._bench.definition.metric)
        return TrialResult(record.outcome, record.reason, value, record=record.to_json())

    def _clear_up(self) -> None:
        """Remove the checkpoints of repeats that ended when their worker was killed."""
        for job in self._retry.call(self._queue.all):
            if job.has_ended:
                Checkpoints(self._folder(repeat_of(job)), self._say).remove()

    def _folder(self, repeat: Repeat) -> Path:
        return self._bench.out / self._study.study_name / repeat.folder

    def _remote_of(self, repeat: Repeat) -> RemoteFolder | None:
        remote = self._bench.remote
        return None if remote is None else remote.within(f"{self._study.study_name}/{repeat.folder}")

    def _tell(self, repeat: Repeat, state: str, value: float | None, reason: str) -> None:
        where = (repeat.number, repeat.role, repeat.place)
        self._bench.emit(RepeatEnded(self._bench.worker, *where, state, value, reason))

    def _say(self, text: str) -> None:
        self._bench.emit(Notice(self._bench.worker, text))
