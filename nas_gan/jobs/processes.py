"""A pool of processes of this machine, each with a pipe that it talks through."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, final

from nas_gan.interruption import SIGNALS, StopRequest
from nas_gan.jobs.supervisor import CheckStop, Ended, Pool, Said, Task, WorkerStopped, stopped_by

CRASHED, INTERRUPTED = 3, 130


def default_workers(device: str) -> int:
    """Return one process a core on a CPU, one on a GPU.

    On a CPU, jobs side by side with one thread each beat one job with several threads.
    """
    return 1 if device != "cpu" else available_cores()


def available_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@final
class ProcessPool(Pool):
    """Run each worker in a process of its own, which begins anew and inherits nothing."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._processes: dict[Connection, tuple[int, BaseProcess]] = {}
        self._reasons: dict[int, WorkerStopped] = {}

    @property
    def is_running(self) -> bool:
        """Say whether a worker is left."""
        return bool(self._processes)

    def start(self, task: Task) -> None:
        """Start a process."""
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(task, sender), name=f"worker-{task.index}")
        with _interrupts_held_back():
            process.start()
            sender.close()
            self._processes[receiver] = (task.index, process)

    def poll(self, seconds: float) -> Sequence[Said | Ended]:
        """Wait for what comes through pipes; a pipe that is closed is that of a process that has ended."""
        reports: list[Said | Ended] = []
        for connection in wait(list(self._processes), timeout=seconds):
            if not isinstance(connection, Connection):
                continue
            index, _ = self._processes[connection]
            try:
                event = connection.recv()
            except (EOFError, OSError):
                reports.append(self._see_off(connection))
                continue
            if isinstance(event, WorkerStopped):
                self._reasons[index] = event
            else:
                reports.append(Said(index, event))
        return reports

    def stop(self) -> None:
        """Send SIGTERM to each."""
        for _, process in self._processes.values():
            process.terminate()

    def kill(self) -> None:
        """Send SIGKILL to each."""
        for _, process in self._processes.values():
            process.kill()
            process.join()
        self._processes = {}

    def _see_off(self, connection: Connection) -> Ended:
        index, process = self._processes.pop(connection)
        connection.close()
        process.join()
        said = self._reasons.pop(index, None)
        if said is None and process.exitcode:
            return Ended(index, WorkerStopped(index, _describe_exit(process.exitcode)))
        return Ended(index, said, was_said=said is not None)


def _work(task: Task, connection: Connection) -> None:
    """Be a worker's process from beginning to end."""
    check_stop = _obey_parent()
    lock = threading.Lock()

    def emit(event: Any) -> None:
        with lock:
            connection.send(event)

    try:
        task.work(emit, check_stop)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        stopped = stopped_by(error, task.index)
        with suppress(OSError):
            emit(stopped)
        if not stopped.hopeless:
            sys.exit(CRASHED)
    finally:
        # What is left is Python's own end, in which an exception would be printed.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _obey_parent() -> CheckStop:
    """Leave keys and terminals to the parent of this process, which ends it with SIGTERM.

    Returns a check that raises KeyboardInterrupt once that has happened, or the parent is gone.
    """
    for number in set(SIGNALS) - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)
    stop, parent = StopRequest([signal.SIGTERM], once=True), multiprocessing.parent_process()

    def check_stop() -> None:
        if stop.has_come or (parent is not None and os.getppid() != parent.pid):
            raise KeyboardInterrupt

    return check_stop


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep Ctrl-C and the end of a terminal from a process that is begun here, which inherits this.

    Its imports would end with a traceback. The parent gets them a moment later.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # When it is begun by the first process, it lets everything through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
