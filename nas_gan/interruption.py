"""Signals that ask a process to stop: as a KeyboardInterrupt that isn't lost, and not in the middle of an update."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import final

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What asks a process to stop and lets it write something down first: a key, Kubernetes, a terminal that is closed."""

MOMENT_SECONDS = 0.5
"""`timeout` signals a program twice at once, itself and with its group, and so does a terminal that is closed."""

_Handler = Callable[[int, FrameType | None], object]


@final
class StopRequest:
    """Lets signals raise KeyboardInterrupt, and remembers that one has come.

    What it falls into may swallow it; who asks `has_come` between two steps stops all the same. Signals within
    `MOMENT_SECONDS` of one that counted are the same request; with `once` all later ones are, so that none cuts short
    what the first one's handling writes. To be made in the main thread.
    """

    def __init__(self, numbers: Iterable[signal.Signals] = SIGNALS, *, once: bool) -> None:
        self._came_at: float | None = None
        self._once = once
        # What `nohup` has switched off stays so.
        self._numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        for number in self._numbers:
            signal.signal(number, self._receive)

    @property
    def has_come(self) -> bool:
        """Whether this process has been asked to stop."""
        return self._came_at is not None

    def _receive(self, _signal: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._came_at is not None and now - self._came_at < MOMENT_SECONDS:
            return
        self._came_at = now
        if self._once:
            for number in self._numbers:
                signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt


@final
class PatientSignals:
    """Between entering and leaving, handlers in Python of `SIGNALS` don't run while work is `undivided`.

    A KeyboardInterrupt in the middle of an update leaves a discriminator that has taken its step and a
    generator that hasn't; from there no run goes on as if nothing had been. Signals that the system handles
    itself, or that are ignored, are left as they are; and all of them in other threads than the main one,
    which Python's handlers don't interrupt.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, _Handler] = {}
        self._waiting: dict[int, FrameType | None] = {}
        self._is_undivided = False

    def __enter__(self) -> PatientSignals:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            # A handler may have set another for the next time, which then is to stay.
            if signal.getsignal(number) == self._receive:
                signal.signal(number, handler)

    @contextmanager
    def undivided(self) -> Iterator[None]:
        """Do what is within as a whole. Signals that come meanwhile are handled at its end, until one raises."""
        self._is_undivided = True
        try:
            yield
        finally:
            self._is_undivided = False
            waiting, self._waiting = self._waiting, {}
            for number, frame in waiting.items():
                self._handlers[number](number, frame)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._is_undivided:
            self._waiting[number] = frame
        else:
            self._handlers[number](number, frame)
