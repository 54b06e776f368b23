"""A pool of actors that Ray places, on this machine or on a cluster, and to which it shares out the GPUs.

Ray's part ends there. Who has which job stands in the table of jobs alone, so that a worker which is started again,
anywhere, leases its next job as any other one does.
"""

from __future__ import annotations

import importlib
import logging
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, final

from nas_gan.errors import InputError
from nas_gan.jobs.processes import available_cores
from nas_gan.jobs.supervisor import TICK_SECONDS, Ended, Notice, Pool, Said, Task, WorkerStopped, stopped_by

THIS_MACHINE = "local"
# Nothing but a worker's few words goes through Ray; this is about the least that it takes.
OBJECT_STORE_BYTES = 80 * 2**20
PATIENCE_SECONDS = 10.0
TELL_SECONDS = 0.5


def cluster_address(given: str | None) -> str:
    """Return which cluster is meant: the one given, the environment's, or Ray on this machine."""
    return given or os.environ.get("RAY_ADDRESS") or THIS_MACHINE


def connect_to_ray(address: str, workers: int, gpus_per_worker: float) -> int:
    """Join the cluster of an address, or start Ray on this machine; say how many workers have room there.

    `workers`: as many as are wanted, 0 for one a core. A cluster may have room for more later; it is 1 at least.
    Raises InputError if it can't be used.
    """
    is_here = address == THIS_MACHINE
    ray = _import_ray()
    settings: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if is_here:
        settings |= {
            "num_cpus": workers or available_cores(),
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE_BYTES,
        }
    try:
        _knock(address)
        with _own_signals():
            ray.init(address=address, ignore_reinit_error=True, **settings)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        said = " ".join(str(error).split())[:200]
        remedy = "see what `ray status` says there" if not is_here else "see the logs in /tmp/ray"
        raise InputError(f"ray: no Ray at {address} ({said}); {remedy}", setting="on") from None
    places = _count_places(ray.cluster_resources(), gpus_per_worker)
    if is_here and not places:
        ray.shutdown()
        raise InputError(
            f"{gpus_per_worker:g}: Ray finds no GPU on this machine; leave it out", setting="gpus_per_trial"
        )
    return max(1, places)


@final
@dataclass(frozen=True)
class _Told:
    """What a worker had to tell since it was last asked. `has_ended`: there will be nothing more."""

    events: tuple[Any, ...]
    has_ended: bool


@final
class RayActor:
    """Be a worker as Ray runs it: an object in a process of its own, that is asked what it has to tell."""

    def __init__(self, task: Task) -> None:
        """Begin to work."""
        self._task = task
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._is_stopped = threading.Event()
        # Ray's own thread stays free to answer.
        self._thread = threading.Thread(target=self._work, name=f"worker-{task.index}", daemon=True)
        self._thread.start()

    def tell(self) -> _Told:
        """Return what has happened since the last call; wait for it, half a second at most."""
        # Asked before the events are taken: what a thread says last, it says before it ends.
        has_ended = not self._thread.is_alive()
        events: list[Any] = []
        with suppress(queue.Empty):
            events.append(self._said.get(timeout=0.0 if has_ended else TELL_SECONDS))
            while True:
                events.append(self._said.get_nowait())
        return _Told(tuple(events), has_ended)

    def stop(self) -> None:
        """Let the worker put its job back and end."""
        self._is_stopped.set()

    def _work(self) -> None:
        try:
            self._task.work(self._said.put, self._check_stop)
        except KeyboardInterrupt:
            pass
        except Exception as error:
            self._said.put(stopped_by(error, self._task.index))

    def _check_stop(self) -> None:
        if self._is_stopped.is_set():
            raise KeyboardInterrupt


@final
@dataclass
class _Member:
    """A worker of the pool. `has_place`: it has told something."""

    index: int
    actor: Any
    began: float
    has_place: bool = False
    is_spoken_for: bool = False


@final
class RayPool(Pool):
    """Run each worker as an actor that takes one CPU and a share of a GPU. Ray must be connected."""

    def __init__(self, gpus_per_worker: float) -> None:
        self._ray = _import_ray()
        # One thread answers questions, the other one is told to stop.
        self._actor = self._ray.remote(RayActor).options(
            num_cpus=1, num_gpus=gpus_per_worker, max_restarts=0, max_concurrency=2
        )
        self._needs = "1 CPU" + (f" and {gpus_per_worker:g} of a GPU" if gpus_per_worker else "")
        self._asked: dict[Any, _Member] = {}
        self._unreachable: list[_Member] = []
        self._is_stopping = False

    @property
    def is_running(self) -> bool:
        """Say whether a worker is left."""
        return bool(self._asked or self._unreachable)

    def start(self, task: Task) -> None:
        """Have a worker placed."""
        self._ask(_Member(task.index, self._actor.remote(task), time.monotonic()))

    def poll(self, seconds: float) -> Sequence[Said | Ended]:
        """Ask all workers what they have to tell, and take what has been answered."""
        if self._unreachable:
            time.sleep(TICK_SECONDS)
            missed, self._unreachable = self._unreachable, []
            for member in missed:
                self._ask(member)
        questions = list(self._asked)
        answered, _ = self._ray.wait(questions, num_returns=len(questions), timeout=seconds)
        reports: list[Said | Ended] = []
        for question in answered:
            reports += self._hear(self._asked.pop(question), question)
        return [*reports, *self._speak_for_waiting()]

    def stop(self) -> None:
        """Tell each to stop, but those that have no place yet, or have had one for a moment only."""
        self._is_stopping = True
        for question, member in list(self._asked.items()):
            if member.has_place:
                member.actor.stop.remote()
            else:
                del self._asked[question]
                self._ray.kill(member.actor)

    def kill(self) -> None:
        """Have Ray end each."""
        for member in [*self._asked.values(), *self._unreachable]:
            self._ray.kill(member.actor)
        self._asked, self._unreachable = {}, []

    def _ask(self, member: _Member) -> None:
        self._asked[member.actor.tell.remote()] = member

    def _hear(self, member: _Member, question: Any) -> list[Said | Ended]:
        errors = self._ray.exceptions
        try:
            told: _Told = self._ray.get(question)
        except errors.ActorUnavailableError:
            # Dead, or cut off, which Ray finds out.
            if self._is_stopping:
                self._ray.kill(member.actor)
                return [Ended(member.index)]
            self._unreachable.append(member)
            return []
        except errors.RayActorError:
            return [Ended(member.index, WorkerStopped(member.index, "its process died"))]
        except errors.RayError as error:
            self._ray.kill(member.actor)
            first = str(error).strip().partition("\n")[0]
            return [Ended(member.index, WorkerStopped(member.index, f"can't be asked: {first}"))]
        member.has_place = True
        if self._is_stopping:
            member.actor.stop.remote()  # it may not have heard it
        return self._take(member, told)

    def _take(self, member: _Member, told: _Told) -> list[Said | Ended]:
        reports: list[Said | Ended] = []
        for event in told.events:
            if isinstance(event, WorkerStopped):
                self._ray.kill(member.actor)
                return [*reports, Ended(member.index, event, was_said=True)]
            reports.append(Said(member.index, event))
        if told.has_ended:
            self._ray.kill(member.actor)
            return [*reports, Ended(member.index)]
        self._ask(member)
        return reports

    def _speak_for_waiting(self) -> Iterator[Said]:
        """Say once of a worker that there is no room for it yet."""
        for member in self._asked.values():
            waited = time.monotonic() - member.began
            if not member.has_place and not member.is_spoken_for and waited > PATIENCE_SECONDS:
                member.is_spoken_for = True
                yield Said(member.index, Notice(member.index, f"a worker waits for room: {self._needs}"))


def disconnect_from_ray() -> None:
    """Leave the cluster, or end Ray on this machine."""
    _import_ray().shutdown()


def _import_ray() -> Any:
    # Ray's own lines would run through the table, and through what is printed as JSON.
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    try:
        ray = importlib.import_module("ray")
    except ImportError:
        raise InputError("ray: needs Ray: pip install -e '.[ray]'", setting="on") from None
    logging.getLogger("ray").setLevel(logging.ERROR)
    return ray


def _knock(address: str) -> None:
    """Raise OSError where nobody listens, which Ray itself takes minutes to find out."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_SECONDS).close()


def _count_places(resources: dict[str, float], gpus_per_worker: float) -> int:
    places = int(resources.get("CPU", 0))
    if gpus_per_worker:
        # A share is of one GPU: two of 0.6 have no room on it.
        places = min(places, int(resources.get("GPU", 0)) * int(1 / gpus_per_worker))
    return places


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what this program does on SIGTERM; Ray would end it on the spot."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if is_main and before is not None:
            signal.signal(signal.SIGTERM, before)
