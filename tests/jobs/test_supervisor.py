"""The one loop over workers: who dies is replaced, who is told to end does, and no process is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nas_gan.errors import InputError
from nas_gan.jobs import supervisor as module
from nas_gan.jobs.processes import ProcessPool
from nas_gan.jobs.supervisor import (
    Ended,
    HopelessError,
    Pool,
    Said,
    Task,
    WorkerStopped,
    stopped_by,
    supervise,
)

DIED = WorkerStopped(0, "its process died")


@dataclass
class Scripted(Pool):
    """A pool whose workers say what is written down, one report at a time."""

    reports: list[Said | Ended]
    started: list[int] = field(default_factory=list)
    running: set[int] = field(default_factory=set)
    stops: int = 0
    kills: int = 0

    @property
    def is_running(self) -> bool:
        return bool(self.running)

    def start(self, task: Task) -> None:
        self.started.append(task.index)
        self.running.add(task.index)

    def poll(self, seconds: float) -> Sequence[Said | Ended]:
        if not self.reports:
            return []
        report = self.reports.pop(0)
        if isinstance(report, Ended):
            self.running.discard(report.worker)
        return [report]

    def stop(self) -> None:
        self.stops += 1

    def kill(self) -> None:
        self.kills += 1
        self.running.clear()


def _nothing(_: Any, __: Any) -> None:
    """Is never called."""


def _supervise(pool: Scripted, workers: int = 1, **more: Any) -> tuple[bool, list[Any]]:
    told: list[Any] = []
    tasks = [Task(index, _nothing) for index in range(workers)]
    return supervise(pool, tasks, on_event=told.append, **more), told


def test_what_dies_is_replaced_so_many_times() -> None:
    pool = Scripted([Ended(0, DIED) for _ in range(4)])
    in_time, told = _supervise(pool, replacements=3)
    assert in_time
    assert pool.started == [0] * 4
    assert [event.replaced for event in told] == [True, True, True, False]


def test_progress_between_makes_a_death_a_new_one() -> None:
    reports: list[Said | Ended] = []
    for _ in range(5):
        reports += [Said(0, "done"), Ended(0, DIED)]
    pool = Scripted([*reports, Ended(0)])
    _, told = _supervise(pool, replacements=1, is_progress=lambda event: event == "done")
    assert pool.started == [0] * 6
    assert all(event == "done" or event.replaced for event in told)


def test_nobody_takes_the_place_of_a_hopeless_one() -> None:
    pool = Scripted([Ended(0, WorkerStopped(0, "no such file", hopeless=True), was_said=True)])
    _, told = _supervise(pool, replacements=3)
    assert pool.started == [0]
    assert not told[0].replaced


def test_the_clock_ends_workers_and_says_so() -> None:
    pool = Scripted([Said(0, "begun"), Ended(0, WorkerStopped(0, "was told to end"))])
    in_time, told = _supervise(pool, timeout_seconds=1e-9)
    assert not in_time
    assert pool.stops == 1
    assert told == ["begun"], "an end that was asked for is no news"


def test_an_interruption_ends_workers_and_is_raised_again() -> None:
    pool = Scripted([Said(0, "begun"), Said(0, "put back"), Ended(0)])
    told: list[Any] = []

    def interrupt(event: Any) -> None:
        told.append(event)
        if event == "begun":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        supervise(pool, [Task(0, _nothing)], on_event=interrupt)
    assert told == ["begun", "put back"]
    assert (pool.stops, pool.running) == (1, set())


@pytest.mark.parametrize("ends_together", [True, False])
def test_who_is_left_when_there_is_nothing_to_do_is_ended(
    ends_together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", -1.0)
    pool = Scripted([Ended(0), Said(1, "still at it"), Ended(1)])
    _, told = _supervise(pool, 2, ends_together=ends_together)
    # Without grace, the other one is killed at once.
    assert told == ([] if ends_together else ["still at it"])


def test_errors_are_told_apart() -> None:
    assert stopped_by(InputError("bad"), 3) == WorkerStopped(3, "bad", bad_input=True, hopeless=True)
    assert stopped_by(HopelessError("all fail"), 3) == WorkerStopped(3, "all fail", hopeless=True)


WORK = """
import os, signal, time

def count(upto, emit, check_stop):
    for number in range(upto):
        emit(number)

def die(path, emit, check_stop):
    emit("begun")
    if not os.path.exists(path):
        open(path, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    emit("again")

def wait(emit, check_stop):
    emit(os.getpid())
    while True:
        check_stop()
        time.sleep(0.01)

def fail(emit, check_stop):
    raise ZeroDivisionError("of mine")
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module whose functions other processes find, too."""
    (tmp_path / "some_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    import importlib

    return importlib.import_module("some_work")


def test_processes_tell_and_end(work: Any) -> None:
    told: list[Any] = []
    tasks = [Task(index, partial(work.count, 3)) for index in range(2)]
    assert supervise(ProcessPool(), tasks, on_event=told.append)
    assert sorted(told) == [0, 0, 1, 1, 2, 2]


def test_a_killed_process_is_replaced(work: Any, tmp_path: Path) -> None:
    told: list[Any] = []
    task = Task(0, partial(work.die, str(tmp_path / "was here")))
    assert supervise(ProcessPool(), [task], on_event=told.append, replacements=1)
    stopped = told.pop(1)
    assert told == ["begun", "begun", "again"]
    assert (stopped.replaced, stopped.reason) == (
        True,
        "was killed by SIGKILL, as the system does where memory runs out",
    )


def test_an_error_is_told_in_a_line(work: Any) -> None:
    told: list[Any] = []
    supervise(ProcessPool(), [Task(0, work.fail)], on_event=told.append)
    (stopped,) = told
    assert (stopped.bad_input, stopped.hopeless, stopped.replaced) == (False, False, False)
    assert stopped.reason.startswith("ZeroDivisionError: of mine (some_work.py:")


def test_no_process_outlives_the_call(work: Any) -> None:
    processes: list[int] = []

    def interrupt(process: int) -> None:
        processes.append(process)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        supervise(ProcessPool(), [Task(0, work.wait)], on_event=interrupt)
    (process,) = processes
    with pytest.raises(ProcessLookupError):
        os.kill(process, signal.SIGCONT)
