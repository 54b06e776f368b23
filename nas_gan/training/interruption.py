"""Signals that arrive in the middle of an update wait until it is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import final

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What asks a process to stop, and lets it write something down first."""

_Handler = Callable[[int, FrameType | None], object]


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
        """What is done within is done whole; what was waiting meanwhile is handled at its end."""
        self._is_undivided = True
        try:
            yield
        finally:
            self._is_undivided = False
            while self._waiting:
                number, frame = self._waiting.popitem()
                self._handlers[number](number, frame)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._is_undivided:
            self._waiting[number] = frame
        else:
            self._handlers[number](number, frame)
