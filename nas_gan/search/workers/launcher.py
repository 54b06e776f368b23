"""Starts worker processes, passes on what they tell, and replaces those that die, until all have ended."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeGuard, final

from nas_gan.search.workers.events import Event, TrialEnded, WorkerStopped
from nas_gan.search.workers.process import INTERRUPTED, interrupts_held_back, work
from nas_gan.search.workers.worker import WorkerJob

GRACE_SECONDS = 30.0
TICK_SECONDS = 0.5
MAX_REPLACEMENTS = 3


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
    jobs: Sequence[WorkerJob],
    *,
    timeout_seconds: float | None,
    on_event: Callable[[Event], None],
    on_tick: Callable[[], None],
) -> bool:
    """Runs a process for each job; says whether they ended by themselves rather than by the clock.

    `on_event` is given what workers tell; `on_tick` is called about twice a second. KeyboardInterrupt ends the workers
    cleanly, each trial recorded and queued again, and is raised again; a second one kills them. A worker that dies is
    replaced, until it has died `MAX_REPLACEMENTS` times without a trial between that it trained to its end.
    """
    deadline = time.monotonic() + (timeout_seconds or float("inf"))
    launcher = _Launcher(on_event)
    in_time = True
    try:
        for job in jobs:
            launcher.start(job)
        while launcher.is_running:
            launcher.pass_on()
            on_tick()
            if in_time and time.monotonic() > deadline:
                in_time = False
                launcher.end()
    finally:
        try:
            launcher.end()
            launcher.drain()
        finally:
            launcher.kill()
    return in_time


@final
class _Launcher:
    """The processes of one call, each with the pipe that it talks through."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._on_event = on_event
        self._processes: dict[Connection, tuple[WorkerJob, BaseProcess]] = {}
        self._reasons: dict[int, WorkerStopped] = {}
        self._replacements: dict[int, int] = {}
        self._is_ending = False
        self._end_at = self._kill_at = float("inf")

    @property
    def is_running(self) -> bool:
        """Whether a worker is left."""
        return bool(self._processes)

    def start(self, job: WorkerJob) -> None:
        """Starts a worker."""
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=work, args=(job, sender), name=f"worker-{job.index}")
        with interrupts_held_back():
            process.start()
            sender.close()
            self._processes[receiver] = (job, process)

    def pass_on(self) -> None:
        """Waits a moment for what workers tell, and sees to those that have ended."""
        for connection in wait(list(self._processes), timeout=TICK_SECONDS):
            if not isinstance(connection, Connection):
                continue
            try:
                event = connection.recv()
            except (EOFError, OSError):
                self._see_off(connection)
                continue
            if isinstance(event, WorkerStopped):
                self._reasons[event.worker] = event
            else:
                if is_progress(event):
                    self._replacements.pop(event.worker, None)
                self._on_event(event)
        if time.monotonic() > self._end_at:
            self.end()
        if time.monotonic() > self._kill_at:
            self.kill()

    def end(self) -> None:
        """Tells all workers to put their trial back and end; one that hasn't within half a minute is killed."""
        if not self._is_ending:
            self._is_ending = True
            self._kill_at = time.monotonic() + GRACE_SECONDS
            for _, process in self._processes.values():
                process.terminate()

    def drain(self) -> None:
        """Waits for workers that were told to end."""
        while self._processes:
            self.pass_on()

    def kill(self) -> None:
        """Ends what is left, without a word."""
        for _, process in self._processes.values():
            process.kill()
            process.join()
        self._processes = {}

    def _see_off(self, connection: Connection) -> None:
        job, process = self._processes.pop(connection)
        connection.close()
        process.join()
        stopped = self._reasons.pop(job.index, None)
        if stopped is None and process.exitcode and not self._is_ending:
            stopped = WorkerStopped(job.index, _describe_exit(process.exitcode))
        if stopped is None:
            if not self._is_ending and process.exitcode == 0:
                # The budget is met. What still runs after that is a worker that lost its trial and doesn't know.
                self._end_at = min(self._end_at, time.monotonic() + GRACE_SECONDS)
            return
        count = self._replacements.get(job.index, 0)
        is_replaced = not stopped.hopeless and not self._is_ending and count < MAX_REPLACEMENTS
        if is_replaced:
            self._replacements[job.index] = count + 1
            self.start(job)
        self._on_event(replace(stopped, replaced=is_replaced))


def is_progress(event: Event) -> TypeGuard[TrialEnded]:
    """Whether a worker has trained a trial as far as it was to be: what then goes wrong is something new."""
    return isinstance(event, TrialEnded) and event.state in {"complete", "pruned"}


def _describe_exit(code: int) -> str:
    if code == INTERRUPTED:
        return "was told to end"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", as the system does where memory runs out" if name == "SIGKILL" else ""
    return f"was killed by {name}{hint}"
