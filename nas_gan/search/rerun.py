"""Training the best of a study again with fresh seeds, after its search, by workers of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import final

import optuna
import torch

from nas_gan.errors import InputError
from nas_gan.jobs.processes import ProcessPool, default_workers
from nas_gan.jobs.supervisor import MAX_REPLACEMENTS, Notice, Task, supervise
from nas_gan.logs import passed_on
from nas_gan.runs.resources import choose_device
from nas_gan.search.attendance import attending
from nas_gan.search.catalogue import rank, read_one_trial
from nas_gan.search.definition import load_study
from nas_gan.search.events import Event, is_progress
from nas_gan.search.finals import Plan, trainings_of
from nas_gan.search.ingredients import gather_for_worker
from nas_gan.search.repeater import Repeater, make_bench
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.sharing import check_goes_on
from nas_gan.search.trials import open_queue
from nas_gan.store.mirror import local_folder
from nas_gan.store.remote_folder import is_url, open_remote
from nas_gan.store.retry import Retry

MOST_SEEDS = 100


@final
@dataclass(frozen=True)
class RepeatJob:
    """Say what a worker is told. `out`: the folder or URL of the study's runs."""

    storage: str
    study: str
    plan: Plan
    out: str
    device: str
    index: int = 0
    threads: int = 1


def plan_rerun(study: optuna.Study, top: int, trial: int | None, seeds: int) -> Plan:
    """Plan it; raises InputError for numbers that can't be used, and where no trial has been trained to its end."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise InputError(f"{seeds}: give 1 to {MOST_SEEDS}", setting="seeds")
    if top < 1:
        raise InputError(f"{top}: must be at least 1", setting="top")
    if trial is not None:
        found = read_one_trial(study, str(trial))
        if found.value is None:
            raise InputError(f"trial {trial}: is {found.state}; give one that was trained to its end")
        reused = found.record.reused_from if found.record else None
        return Plan((trial if reused is None else reused,), 0, False, seeds)
    ranking = rank(study)
    if not ranking:
        raise InputError(f"study {study.study_name!r}: no trial has been trained to its end yet")
    entrants = tuple(one.number for one in ranking[:top])
    return Plan(entrants, seeds if len(entrants) > 1 else 0, False, seeds)


def run_rerun(
    study: optuna.Study,
    storage: str,
    out: str,
    plan: Plan,
    *,
    workers: int | None,
    device: str,
    on_event: Callable[[Event], None],
) -> None:
    """Carry a plan out, side by side where that goes; raises InputError for a device that isn't there.

    KeyboardInterrupt ends the workers cleanly, and is raised again.
    """
    kind = choose_device(device).type
    check_goes_on(study)
    count = min(workers or default_workers(kind), max(trainings_of(plan)))
    threads = 1 if kind == "cpu" else torch.get_num_threads()
    jobs = [RepeatJob(storage, study.study_name, plan, out, device, index, threads) for index in range(count)]

    def tell(event: Event) -> None:
        with suppress(OSError):
            on_event(event)

    with attending(study):
        supervise(
            ProcessPool(),
            [Task(job.index, partial(run_repeats, job)) for job in jobs],
            on_event=tell,
            is_progress=is_progress,
            replacements=MAX_REPLACEMENTS,
            ends_together=True,
        )


def run_repeats(job: RepeatJob, emit: Callable[[Event], None], check_stop: Callable[[], None]) -> None:
    """Work until the plan is carried out. `check_stop` raises KeyboardInterrupt when the worker is to end."""

    def announce(text: str) -> None:
        emit(Notice(job.index, text))

    torch.set_num_threads(job.threads)
    with passed_on(announce):
        retry, device = Retry(announce, check_stop), choose_device(job.device)
        storage = retry.call(lambda: open_storage(job.storage, create=False))
        study = retry.call(lambda: load_study(storage, job.study))
        ingredients = retry.call(lambda: gather_for_worker(study, job.storage, device, announce))
        seconds = ingredients.config.heartbeat_seconds
        queue = retry.call(lambda: open_queue(storage, study, seconds))
        remote = open_remote(job.out) if is_url(job.out) else None
        bench = make_bench(ingredients, local_folder(job.out), remote, job.index, emit)
        Repeater(queue, study, bench, retry, seconds, check_stop).work(job.plan)
