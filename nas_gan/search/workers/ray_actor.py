"""A worker as Ray runs it: an object in a process of its own, somewhere, that is asked what it has to tell."""

from __future__ import annotations

import queue
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from nas_gan.search.workers.events import Event
from nas_gan.search.workers.process import stopped_by

if TYPE_CHECKING:
    from nas_gan.search.workers.worker import WorkerJob

TELL_SECONDS = 0.5


@final
@dataclass(frozen=True)
class Told:
    """What a worker had to tell since it was last asked.

    `life` is another one once Ray has had to start the worker again. `has_ended`: there will be nothing more.
    """

    life: str
    events: tuple[Event, ...]
    has_ended: bool


@final
class RayActor:
    """Works from the moment that it is made, so that one which Ray makes again goes on by itself."""

    def __init__(self, job: WorkerJob) -> None:
        self._job = job
        self._life = uuid.uuid4().hex
        self._said: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._is_stopped = threading.Event()
        # Ray's own thread stays free to answer.
        self._thread = threading.Thread(target=self._work, name=f"worker-{job.index}", daemon=True)
        self._thread.start()

    def tell(self) -> Told:
        """What has happened since the last call; waits for it, half a second at most."""
        # Asked before the events are taken: what a thread says last, it says before it ends.
        has_ended = not self._thread.is_alive()
        events: list[Event] = []
        with suppress(queue.Empty):
            events.append(self._said.get(timeout=0.0 if has_ended else TELL_SECONDS))
            while True:
                events.append(self._said.get_nowait())
        return Told(self._life, tuple(events), has_ended)

    def stop(self) -> None:
        """Lets the worker put its trial back and end."""
        self._is_stopped.set()

    def _work(self) -> None:
        try:
            from nas_gan.search.workers.worker import run_worker

            run_worker(self._job, self._said.put, self._check_stop)
        except KeyboardInterrupt:
            pass
        except Exception as error:
            self._said.put(stopped_by(error, self._job.index))

    def _check_stop(self) -> None:
        if self._is_stopped.is_set():
            raise KeyboardInterrupt
