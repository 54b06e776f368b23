"""A worker: takes trials of a study, one after the other, until as many have ended as were asked for."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import final

import torch
from optuna.samplers import BaseSampler
from optuna.storages import RDBStorage, get_storage

from nas_gan.jobs.heartbeat import Heartbeat, Reaper
from nas_gan.jobs.job import Decision, Job, JobLost, Nothing
from nas_gan.jobs.lease import Lease, SameKey
from nas_gan.jobs.owner import new_token
from nas_gan.jobs.supervisor import HopelessError, Notice
from nas_gan.logs import passed_on
from nas_gan.metrics.scores import METRICS
from nas_gan.runs.resources import choose_device, image_of
from nas_gan.runs.seeds import derive_seed
from nas_gan.search.closing import Closing
from nas_gan.search.definition import TRIALS_ASKED, load_study
from nas_gan.search.events import Event, FinalsBegun, TrialEnded
from nas_gan.search.finale import Finale, Frame
from nas_gan.search.ingredients import Ingredients, gather_for_worker
from nas_gan.search.lessons import learn_from
from nas_gan.search.objective import CONTINUE, Objective
from nas_gan.search.pace import PaceLimit
from nas_gan.search.repeater import Repeater, make_bench
from nas_gan.search.result import TrialResult
from nas_gan.search.samplers.build import build_sampler
from nas_gan.search.samplers.limits import Limits
from nas_gan.search.schedulers.build import JobScheduler, build_scheduler, leads, places_of
from nas_gan.search.schedulers.signals import signals_of
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.sharing import check_goes_on
from nas_gan.search.storage.worker_storage import WorkerStorage
from nas_gan.search.trials import START, Trials, number_of, open_queue
from nas_gan.store.mirror import local_folder
from nas_gan.store.remote_folder import is_url, open_remote
from nas_gan.store.retry import Retry, without_waiting

MAX_REJECTED = 20
MAX_FAILURES = 3
LAST_WORD_SECONDS = 5.0
IDLE_SECONDS = 1.0
QUIET_SECONDS = 60.0

logger = logging.getLogger(__name__)


@final
@dataclass(frozen=True)
class WorkerJob:
    """Say what a worker is told; all else is stored with the study.

    `index` tells the workers of one call apart. `threads`: of the CPU; None for torch's own choice. `trials`: in total,
    whoever ran them; None for as many as the study's last search asked for. `out`: None for the study's own folder.
    `deadline`: when, in seconds since 1970, only a trial that leads its rung goes on; None for never.
    `search_seconds`: the search's time, of which training a trial may take a share; None for any time. `ends_at`: when,
    likewise, that time is over, before which the finals are to be done. `workers`: how many there are of the call.
    """

    storage: str
    study: str
    index: int = 0
    threads: int | None = None
    device: str = "auto"
    trials: int | None = None
    out: str | None = None
    deadline: float | None = None
    search_seconds: float | None = None
    ends_at: float | None = None
    workers: int = 1


def run_worker(job: WorkerJob, emit: Callable[[Event], None], check_stop: Callable[[], None]) -> None:
    """Work for a whole life. `check_stop` raises KeyboardInterrupt when the worker is to end before its time.

    An interruption puts the running trial back into the queue and is raised again. Raises InputError for what can't be
    used, HopelessError where trial after trial comes to nothing. A database that is away is waited for.
    """

    def tell(event: Event) -> None:
        # A log on a full disk, or a search that is gone, is no reason to fail a trial.
        with suppress(OSError):
            emit(event)

    def announce(text: str) -> None:
        tell(Notice(job.index, text))

    if job.threads is not None:
        torch.set_num_threads(job.threads)
    with passed_on(announce):
        retry, device = Retry(announce, check_stop), choose_device(job.device)
        storage = retry.call(lambda: open_storage(job.storage, create=False))
        stored = retry.call(lambda: load_study(storage, job.study))
        retry.call(lambda: check_goes_on(stored))
        ingredients = retry.call(lambda: gather_for_worker(stored, job.storage, device, announce))
        Worker(job, storage, ingredients, tell, check_stop).work()


@final
class Worker:
    """One worker of a study."""

    def __init__(
        self,
        job: WorkerJob,
        storage: RDBStorage,
        ingredients: Ingredients,
        emit: Callable[[Event], None],
        check_stop: Callable[[], None],
    ) -> None:
        """Prepare to work; nothing is leased yet."""
        self._job, self._config = job, ingredients.config
        self._emit, self._check_stop = emit, check_stop
        self._retry = Retry(logger.info, check_stop)
        self._storage = WorkerStorage(get_storage(storage), self._retry)
        place = job.out or self._config.out
        out, remote = local_folder(place), open_remote(place) if is_url(place) else None
        self._study = self._retry.call(lambda: load_study(storage, job.study))
        heartbeat_seconds = self._config.heartbeat_seconds
        self._queue = self._retry.call(lambda: open_queue(storage, self._study, heartbeat_seconds))
        self._trials = Trials(self._storage, job.study, self._queue)
        self._closing = Closing(self._trials, job.study, place, self._config.keep_paused)
        self._reaper = Reaper(self._queue, heartbeat_seconds)
        self._heartbeat = Heartbeat(self._queue, self._reaper, heartbeat_seconds)
        definition = ingredients.definition
        self._space, self._image = ingredients.space, image_of(ingredients.resources.dataset)
        self._limits = Limits(
            self._config.max_parameters,
            self._config.max_macs,
            next(
                (name for name in definition.metrics if name in METRICS and "labels" in METRICS[name].needs),
                None,
            ),
        )
        self._scheduler = build_scheduler(
            self._config.pruner, signals_of(definition), self._config.reduction, promote=self._config.promote
        )
        self._objective = Objective(
            self._storage,
            job.study,
            definition,
            ingredients.space,
            ingredients.resources,
            out,
            self._limits,
            job.index,
            emit,
            PaceLimit(job.search_seconds, definition.images),
            remote,
        )
        # Once, when the worker begins: studies that go on meanwhile would make its proposals hard to repeat.
        self._prior = self._retry.call(lambda: learn_from(storage, self._config.learn_from))
        repeater = Repeater(
            self._queue,
            self._study,
            make_bench(ingredients, out, remote, job.index, emit),
            self._retry,
            heartbeat_seconds,
            check_stop,
        )
        self._finale = Finale(
            self._study,
            self._queue,
            Frame(self._config.finalists, job.workers, job.search_seconds, job.ends_at),
            self._retry,
            lambda plan: emit(FinalsBegun(job.index, plan.entrants)),
            repeater.work,
        )
        self._sampler: BaseSampler | None = None
        self._signals = signals_of(definition)
        self._leads = False
        self._outcomes: list[str] = []
        self._last_reason = ""

    def work(self) -> None:
        """Take trials until there are none left to take."""
        idle_since = None
        with self._heartbeat:
            while True:
                self._check_stop()
                self._retry.call(self._reaper.look_for_gone)
                self._finale.look()
                if self._takes_no_more:
                    if self._finale.is_due:
                        self._finale.hold()
                    if not self._retry.call(self._is_somebody_at_work):
                        return
                    time.sleep(IDLE_SECONDS)  # a trial that leads may become a finalist yet
                    continue
                token, scheduler = new_token(), self._job_scheduler()
                taken = self._retry.call(
                    lambda token=token, scheduler=scheduler: self._trials.take(  # type: ignore[misc]
                        token, scheduler.wanted, scheduler.promote
                    )
                )
                if isinstance(taken, Job):
                    idle_since = None
                    self._take_on(taken, scheduler)
                    self._check_outcomes()
                elif taken.done:
                    self._retry.call(lambda: self._closing.finish_study(self._wanted_by_all()))
                    self._finale.hold()
                    return
                else:
                    # Others are at the last trials, which may fail or be rejected yet.
                    idle_since = self._wait_for_others(taken, idle_since)

    def _wait_for_others(self, nothing: Nothing, since: float | None) -> float:
        """Wait a moment; say once what for. `since`: when that began, None for now; infinity once it was said."""
        now = time.monotonic()
        since = now if since is None else since
        if now - since > QUIET_SECONDS:
            numbers = ", ".join(map(str, nothing.open))
            logger.info("has nothing to do before the trials that others are at have ended: %s", numbers)
            since = float("inf")
        time.sleep(IDLE_SECONDS * random.uniform(0.5, 1.5))
        return since

    def _take_on(self, job: Job, scheduler: JobScheduler) -> None:
        try:
            with self._heartbeat.hold(job):
                self._finish(job, self._train(job, scheduler))
        except SameKey as same:
            logger.info("trial %s waits for the result of trial %s: the same recipe", job.number, same.number)
        except JobLost:
            self._tell_lost(job)
        except KeyboardInterrupt:
            # Released already, or ended, it stays so.
            self._release(job, TrialResult("interrupted", "stopped"))
            self._check_stop()
            if not self._takes_no_more:
                raise

    def _train(self, job: Job, scheduler: JobScheduler) -> TrialResult:
        if self._sampler is None:
            # A trial is leased for the n-th time once, so that no two samplers ever have one seed.
            seed = derive_seed(self._config.seed, "sampler", number_of(job), job.leases)
            places = self._places if len(self._signals) > 1 else None
            self._sampler = build_sampler(
                self._config.sampler, seed, self._space, self._image, self._limits, self._prior, places
            )
        paused = self._retry.call(lambda: [one.number for one in self._queue.in_state("paused")])
        self._storage.paused = frozenset(number for number in paused if number is not None)
        self._leads = False
        trial = self._trials.open(job, self._sampler)

        def judge(job: Job, images: int, jobs: Sequence[Job]) -> Decision:
            self._leads = leads(job, images, jobs, self._signals)
            # What is found is compared with the starts, and early scores are no reason to leave their region.
            return CONTINUE if START in trial.user_attrs else scheduler.judge(job, images, jobs)

        lease = Lease(self._queue, job, self._retry, self._check_going_on, self._heartbeat.check)
        return self._objective.run(trial, lease, judge)

    def _places(self) -> Mapping[int, Mapping[int, float]]:
        return places_of(self._queue.all(), self._signals)

    @property
    def _takes_no_more(self) -> bool:
        is_late = self._job.deadline is not None and time.time() > self._job.deadline
        return is_late or self._finale.is_due

    def _check_going_on(self) -> None:
        """Raise KeyboardInterrupt where the trial isn't to go on: at the worker's end, or late unless it leads."""
        self._check_stop()
        if self._takes_no_more and not self._leads:
            raise KeyboardInterrupt

    def _is_somebody_at_work(self) -> bool:
        return bool(self._queue.leased())

    def _finish(self, job: Job, result: TrialResult) -> None:
        """Say in the table of jobs what a trial came to, then let everybody know."""
        if result.outcome == "interrupted":
            self._release(job, result)
            raise KeyboardInterrupt
        ending = result.ending()
        if result.is_paused:
            was_mine = self._retry.call(lambda: self._queue.pause(job, ending, pending=result.is_pending))
        else:
            was_mine = self._retry.call(lambda: self._queue.end(job, ending))
        if not was_mine:
            self._tell_lost(job)
            return
        if result.is_paused:
            self._retry.call(lambda: self._closing.put_aside(job, result))
        else:
            self._retry.call(lambda: self._closing.close(number_of(job), self._sampler))
        outcome = "paused" if result.is_paused else result.outcome
        self._outcomes.append(outcome)
        self._last_reason = result.reason
        if outcome == "rejected":
            return  # nobody waits for it, and another one takes its place
        self._emit(TrialEnded(self._job.index, number_of(job), outcome, result.value, result.reason))

    def _release(self, job: Job, result: TrialResult) -> None:
        """Put a trial back; where the database is gone, its lease ends with this process."""

        def attempt() -> bool:
            if not self._queue.release(job, result.ending()):
                return False
            self._trials.describe(job, result.outcome, result.reason)
            return True

        is_back = False
        with without_waiting():
            is_back = Retry(logger.info, lambda: None).call(attempt, limit_seconds=LAST_WORD_SECONDS)
        if is_back:
            self._emit(TrialEnded(self._job.index, number_of(job), "interrupted", None, result.reason))

    def _tell_lost(self, job: Job) -> None:
        self._emit(TrialEnded(self._job.index, number_of(job), "lost", None, "another worker has it by now"))

    def _check_outcomes(self) -> None:
        """Raise HopelessError where trial after trial comes to nothing."""
        if self._outcomes[-MAX_FAILURES:] == ["failed"] * MAX_FAILURES:
            raise HopelessError(f"{MAX_FAILURES} trials in a row failed; their reasons are above")
        if self._outcomes[-MAX_REJECTED:] == ["rejected"] * MAX_REJECTED:
            raise HopelessError(
                f"{MAX_REJECTED} times in a row no architecture was found that may be trained; of the last one, "
                f"{self._last_reason}; mend that, or search another space"
            )

    def _job_scheduler(self) -> JobScheduler:
        return JobScheduler(self._scheduler, self._wanted())

    def _wanted(self) -> int:
        return self._job.trials or self._asked()

    def _wanted_by_all(self) -> int:
        return max(self._job.trials or 0, self._asked())

    def _asked(self) -> int:
        return int(self._retry.call(lambda: self._study.user_attrs.get(TRIALS_ASKED, self._config.trials)))
