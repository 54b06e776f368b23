"""A worker as a process of its own, started by a search."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from nas_gan.errors import InputError, one_line
from nas_gan.interruption import SIGNALS, StopRequest
from nas_gan.search.workers.events import Event, WorkerStopped

if TYPE_CHECKING:
    from nas_gan.search.workers.worker import WorkerJob

CRASHED, INTERRUPTED = 3, 130


def work(job: WorkerJob, connection: Connection) -> None:
    """A worker process from beginning to end; what it has to say goes to `connection`."""
    check_stop = obey_parent()
    from nas_gan.search.workers.worker import run_worker

    lock = threading.Lock()

    def emit(event: Event) -> None:
        with lock:
            connection.send(event)

    try:
        run_worker(job, emit, check_stop)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        stopped = stopped_by(error, job.index)
        with suppress(OSError):
            emit(stopped)
        if not stopped.hopeless:
            sys.exit(CRASHED)


def obey_parent() -> Callable[[], None]:
    """Leaves keys and terminals to the parent of this process, which ends it with SIGTERM.

    Gives a check that raises KeyboardInterrupt once that has happened, or the parent is gone.
    """
    for number in set(SIGNALS) - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)
    stop, parent = StopRequest([signal.SIGTERM], once=True), multiprocessing.parent_process()

    def check_stop() -> None:
        if stop.has_come or (parent is not None and os.getppid() != parent.pid):
            raise KeyboardInterrupt

    return check_stop


def stopped_by(error: Exception, worker: int) -> WorkerStopped:
    """What a worker says of an error that has ended it."""
    from nas_gan.search.workers.worker import HopelessError

    if isinstance(error, InputError):
        return WorkerStopped(worker, str(error), bad_input=True, hopeless=True)
    if isinstance(error, HopelessError):
        return WorkerStopped(worker, str(error), hopeless=True)
    return WorkerStopped(worker, one_line(error))


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Keeps Ctrl-C and the end of a terminal from a process that is begun here, which inherits this.

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
