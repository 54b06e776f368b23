"""Workers that Ray places, on this machine or on a cluster: it restarts the dead and shares out the GPUs.

Ray's part ends there. Which trial is whose stands in the study's database alone, so that a worker which Ray has started
again, anywhere, takes its next trial as any other one does.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, final

from nas_gan.errors import InputError
from nas_gan.search.config import SearchConfig
from nas_gan.search.workers.events import Event, Notice, WorkerStopped
from nas_gan.search.workers.launcher import (
    GRACE_SECONDS,
    MAX_REPLACEMENTS,
    TICK_SECONDS,
    available_cores,
    is_progress,
)
from nas_gan.search.workers.ray_actor import RayActor, Told
from nas_gan.search.workers.worker import WorkerJob
from nas_gan.store.address import SQLITE_PREFIX, masked_url, storage_url

THIS_MACHINE = "local"
# Nothing but a worker's few words goes through Ray; this is about the least that it takes.
OBJECT_STORE_BYTES = 80 * 2**20
PATIENCE_SECONDS = 10.0


def connect_to_ray(config: SearchConfig) -> int:
    """Joins the cluster of `--address`, or starts Ray on this machine; says how many workers have room there.

    A cluster may have room for more later; it is 1 at least. Raises InputError if it can't be used.
    """
    address = config.address or os.environ.get("RAY_ADDRESS") or THIS_MACHINE
    is_here = address == THIS_MACHINE
    url = storage_url(config.storage)
    if not is_here and url.startswith(SQLITE_PREFIX):
        raise InputError(
            f"--storage {masked_url(config.storage)}: SQLite is for one machine, and --address {address} may have "
            "several; give a PostgreSQL server (postgresql://HOST/DATABASE), or leave --address out"
        )
    ray = _import_ray()
    settings: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if is_here:
        settings |= {
            "num_cpus": config.workers or available_cores(),
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
        raise InputError(f"--on ray: no Ray at {address} ({said}); {remedy}") from None
    places = _count_places(ray.cluster_resources(), config.gpus_per_trial)
    if is_here and not places:
        ray.shutdown()
        raise InputError(
            f"--gpus-per-trial {config.gpus_per_trial:g}: Ray finds no GPU on this machine; leave it out"
        )
    return max(1, places)


def run_on_ray(
    jobs: Sequence[WorkerJob],
    *,
    gpus_per_trial: float,
    timeout_seconds: float | None,
    on_event: Callable[[Event], None],
    on_tick: Callable[[], None],
) -> bool:
    """As `nas_gan.search.workers.launcher.run_workers`, with workers that Ray places.

    Each takes one CPU and a share of a GPU.

    Ray must be connected; it isn't any more afterwards.
    """
    ray = _import_ray()
    deadline = time.monotonic() + (timeout_seconds or float("inf"))
    crew = _Crew(ray, gpus_per_trial, on_event)
    in_time = True
    try:
        for job in jobs:
            crew.start(job)
        while crew.is_running:
            crew.pass_on()
            on_tick()
            if in_time and time.monotonic() > deadline:
                in_time = False
                crew.end()
    finally:
        try:
            crew.end()
            while crew.is_running:
                crew.pass_on()
        finally:
            crew.kill()
            ray.shutdown()
    return in_time


@final
@dataclass
class _Member:
    """A worker of the crew. `life` is None as long as it hasn't told anything."""

    job: WorkerJob
    actor: Any
    began: float
    life: str | None = None
    restarts: int = 0
    is_spoken_for: bool = False


@final
class _Crew:
    """The workers of one call, each with the question that it hasn't answered yet."""

    def __init__(self, ray: Any, gpus_per_trial: float, on_event: Callable[[Event], None]) -> None:
        self._ray = ray
        self._on_event = on_event
        # One thread answers questions, the other one is told to stop.
        self._actor = ray.remote(RayActor).options(
            num_cpus=1, num_gpus=gpus_per_trial, max_restarts=-1, max_concurrency=2
        )
        self._needs = "1 CPU" + (f" and {gpus_per_trial:g} of a GPU" if gpus_per_trial else "")
        self._asked: dict[Any, _Member] = {}
        self._unreachable: list[_Member] = []
        self._is_ending = False
        self._kill_at = float("inf")

    @property
    def is_running(self) -> bool:
        """Whether a worker is left."""
        return bool(self._asked or self._unreachable)

    def start(self, job: WorkerJob) -> None:
        """Has a worker placed."""
        self._ask(_Member(job, self._actor.remote(job), time.monotonic()))

    def pass_on(self) -> None:
        """Waits a moment for what workers tell, and sees to those that have ended."""
        if self._unreachable:
            time.sleep(TICK_SECONDS)
            missed, self._unreachable = self._unreachable, []
            for member in missed:
                self._ask(member)
        questions = list(self._asked)
        answered, _ = self._ray.wait(questions, num_returns=len(questions), timeout=TICK_SECONDS)
        for question in answered:
            self._hear(self._asked.pop(question), question)
        self._speak_for_waiting()
        if time.monotonic() > self._kill_at:
            self.kill()

    def end(self) -> None:
        """Tells all workers to put their trial back and end; one that hasn't within half a minute is killed."""
        if not self._is_ending:
            self._is_ending = True
            self._kill_at = min(self._kill_at, time.monotonic() + GRACE_SECONDS)
            for question, member in list(self._asked.items()):
                if member.life is None:
                    # It has no place yet, or has had one for a moment only.
                    del self._asked[question]
                    self._dismiss(member)
                else:
                    member.actor.stop.remote()

    def kill(self) -> None:
        """Ends what is left, without a word."""
        for member in [*self._asked.values(), *self._unreachable]:
            self._dismiss(member)
        self._asked, self._unreachable = {}, []

    def _ask(self, member: _Member) -> None:
        self._asked[member.actor.tell.remote()] = member

    def _hear(self, member: _Member, question: Any) -> None:
        errors = self._ray.exceptions
        try:
            told: Told = self._ray.get(question)
        except errors.ActorUnavailableError:
            # Dead, or cut off. Ray finds out, and starts it again in the first case.
            if self._is_ending:
                self._dismiss(member)
            else:
                self._unreachable.append(member)
        except errors.RayError as error:
            if not self._is_ending:
                self._on_event(WorkerStopped(member.job.index, _reason(error)))
        else:
            self._take(member, told)

    def _take(self, member: _Member, told: Told) -> None:
        if member.life not in (None, told.life):
            is_replaced = self._is_ending or member.restarts < MAX_REPLACEMENTS
            member.restarts += 1
            self._on_event(WorkerStopped(member.job.index, "its process died", replaced=is_replaced))
            if not is_replaced:
                self._dismiss(member)
                return
        member.life = told.life
        if self._is_ending:
            # It may not have heard it, or have been started again since.
            member.actor.stop.remote()
        for event in told.events:
            if isinstance(event, WorkerStopped):
                self._see_off(member, event)
                return
            self._on_event(event)
            if is_progress(event):
                member.restarts = 0
        if not told.has_ended:
            self._ask(member)
            return
        self._dismiss(member)
        if not self._is_ending:
            # The budget is met; a worker that was away for longer than that has nothing left to do.
            self._kill_at = min(self._kill_at, time.monotonic() + GRACE_SECONDS)

    def _see_off(self, member: _Member, stopped: WorkerStopped) -> None:
        is_replaced = not stopped.hopeless and not self._is_ending and member.restarts < MAX_REPLACEMENTS
        if is_replaced:
            member.restarts += 1
            member.life = None
            self._ray.kill(member.actor, no_restart=False)
            self._unreachable.append(member)
        else:
            self._dismiss(member)
        self._on_event(replace(stopped, replaced=is_replaced))

    def _speak_for_waiting(self) -> None:
        """Says once of a worker that there is no room for it yet."""
        for member in self._asked.values():
            waited = time.monotonic() - member.began
            if member.life is None and not member.is_spoken_for and waited > PATIENCE_SECONDS:
                member.is_spoken_for = True
                self._on_event(Notice(member.job.index, f"a worker waits for room: {self._needs}"))

    def _dismiss(self, member: _Member) -> None:
        self._ray.kill(member.actor)


def _import_ray() -> Any:
    # Ray's own lines would run through the table, and through what --json prints.
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    try:
        ray = importlib.import_module("ray")
    except ImportError:
        raise InputError('--on ray: needs Ray: pip install "nas-gan[ray]"') from None
    logging.getLogger("ray").setLevel(logging.ERROR)
    return ray


def _knock(address: str) -> None:
    """Raises OSError where nobody listens, which Ray itself takes minutes to find out."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_SECONDS).close()


def _count_places(resources: dict[str, float], gpus_per_trial: float) -> int:
    places = int(resources.get("CPU", 0))
    if gpus_per_trial:
        # A share is of one GPU: two of 0.6 have no room on it.
        places = min(places, int(resources.get("GPU", 0)) * int(1 / gpus_per_trial))
    return places


def _reason(error: Exception) -> str:
    """What Ray says of a worker that it doesn't start again, without the numbers of its own books."""
    first = str(error).strip().partition("\n")[0]
    return f"has died for good: {first}"


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keeps what this program does on SIGTERM; Ray would end it on the spot."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if is_main and before is not None:
            signal.signal(signal.SIGTERM, before)
