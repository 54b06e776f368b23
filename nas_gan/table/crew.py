"""Processes that train side by side, one thread each, and give rows back as they come."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import final

from nas_gan.table.row import Row
from nas_gan.table.training import Assignment, TableTrainer


class WorkerLostError(Exception):
    """A process that trains has ended without being asked to, for want of memory as a rule."""


def train_side_by_side(
    assignments: Iterable[Assignment], resolution: int, count: int, nice: int
) -> Iterator[Row]:
    """Return rows in the order in which they are done. An assignment is asked for when a process is free for it.

    The processes end with the iterator, and with this process, whatever ends it. Raises WorkerLostError.
    """
    workers: list[_Worker] = []
    busy: list[_Worker] = []
    queue = iter(assignments)
    try:
        while True:
            if len(busy) == count:
                yield _take_done(busy)
            assignment = next(queue, None)
            if assignment is None:
                break
            free = [worker for worker in workers if worker not in busy]
            if not free:
                free = [_start(resolution, nice)]
                workers += free
            free[0].give(assignment)
            busy.append(free[0])
        while busy:
            yield _take_done(busy)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()


@final
@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    job: str = ""

    def give(self, assignment: Assignment) -> None:
        self.job = f"{assignment.set}/{assignment.index} with seed {assignment.seed}"
        self.connection.send(assignment)


def _start(resolution: int, nice: int) -> _Worker:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, resolution, nice), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


def _take_done(busy: list[_Worker]) -> Row:
    """Wait for one of the busy workers, which is free from then on."""
    ready = wait([worker.connection for worker in busy])
    worker = next(worker for worker in busy if worker.connection in ready)
    busy.remove(worker)
    try:
        return Row.model_validate_json(worker.connection.recv())
    except (EOFError, ConnectionError):
        worker.process.join()
        raise WorkerLostError(
            f"the process that trained {worker.job} has ended ({worker.process.exitcode}); start again to go on"
        ) from None


def _work(connection: Connection, resolution: int, nice: int) -> None:
    """Make rows for assignments, as a process does, until nobody asks any more."""
    import torch

    # The terminal's Ctrl-C is for the process that records.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(nice)
    torch.set_num_threads(1)
    trainer = TableTrainer(resolution)
    while True:
        try:
            assignment = connection.recv()
        except EOFError:
            return
        connection.send(trainer.train(assignment).to_line())


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
