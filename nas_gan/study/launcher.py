"""Starts worker processes and passes on what they tell, until all have ended."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from nas_gan.study.config import SearchConfig
from nas_gan.study.events import Event, WorkerStopped
from nas_gan.study.worker import WorkerJob, work

GRACE_SECONDS = 30.0
TICK_SECONDS = 0.5


def default_workers(device: str) -> int:
    """One process a core on a CPU, one on a GPU.

    On a CPU, trials side by side with one thread each beat one trial with several threads.
    """
    return 1 if device != "cpu" else available_cores()


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_workers(
    config: SearchConfig,
    *,
    count: int,
    threads: int,
    trials: int,
    first_trial: int,
    on_event: Callable[[Event], None],
    on_tick: Callable[[], None],
) -> bool:
    """Runs `trials` trials in `count` processes; says whether it ended by itself rather than by the clock.

    `on_event` is given what workers tell; `on_tick` is called about twice a second. KeyboardInterrupt
    ends the workers cleanly, each trial recorded and queued again, and is raised again.
    """
    context = multiprocessing.get_context("spawn")
    tickets = context.Value("i", trials)
    deadline = time.monotonic() + (config.timeout_seconds or float("inf"))
    processes: dict[Connection, BaseProcess] = {}
    for index in range(count):
        receiver, sender = context.Pipe(duplex=False)
        job = WorkerJob(config, index, threads, first_trial)
        process = context.Process(target=work, args=(job, sender, tickets), name=f"worker-{index}")
        process.start()
        sender.close()
        processes[receiver] = process
    in_time = True
    try:
        while processes:
            _pass_on(processes, on_event, TICK_SECONDS)
            on_tick()
            if in_time and time.monotonic() > deadline:
                in_time = False
                _end(processes.values())
    finally:
        _end(processes.values())
        _drain(processes, on_event)
    return in_time


def _pass_on(
    processes: dict[Connection, BaseProcess], on_event: Callable[[Event], None], seconds: float
) -> None:
    for connection in wait(list(processes), timeout=seconds):
        if not isinstance(connection, Connection):
            continue
        try:
            on_event(connection.recv())
        except (EOFError, OSError):
            process = processes.pop(connection)
            process.join()
            if process.exitcode:
                worker = int(process.name.removeprefix("worker-"))
                reason = f"worker {worker} ended with exit code {process.exitcode}"
                on_event(WorkerStopped(worker, reason, bad_input=False))


def _drain(processes: dict[Connection, BaseProcess], on_event: Callable[[Event], None]) -> None:
    """Waits for workers that were told to end; one that doesn't is killed."""
    patience = time.monotonic() + GRACE_SECONDS
    while processes and time.monotonic() < patience:
        _pass_on(processes, on_event, TICK_SECONDS)
    for process in processes.values():
        process.kill()
        process.join()


def _end(processes: Iterable[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
