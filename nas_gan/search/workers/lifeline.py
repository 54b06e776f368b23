"""Signs of life: a thread that shows a worker's own, and looks for workers that show none any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import final

from optuna.trial import TrialState

from nas_gan.search.storage.patience import trouble_of, without_waiting
from nas_gan.search.workers.claim import Sign, Taken, TrialLost
from nas_gan.search.workers.claims import Claims

MISSED_BEATS = 6


@final
class Lookout:
    """Puts trials back into the queue whose workers have died.

    A worker on this machine whose process is gone has died. Any other has when its sign of life stayed the same
    for the looks, `seconds` apart, in which it should have shown `MISSED_BEATS`: no clock is asked, so that one that
    jumps, or a pause of everything, kills nobody.
    """

    def __init__(self, claims: Claims, announce: Callable[[str], None], seconds: float) -> None:
        self._claims = claims
        self.announce = announce
        self._seconds = seconds
        self._seen: dict[tuple[int, str], tuple[datetime | None, int]] = {}

    def look_for_silent(self) -> None:
        """One look, to be taken once in the time between two signs of life."""
        signs = self._claims.signs()
        seen = {}
        for sign in signs:
            key = (sign.trial_id, sign.claim.token)
            heartbeat, missed = self._seen.get(key, (None, -1))
            missed = missed + 1 if sign.heartbeat == heartbeat else 0
            if missed * self._seconds >= MISSED_BEATS * max(sign.claim.beat_seconds, self._seconds):
                self._requeue(sign, "has shown no life for long")
            else:
                seen[key] = (sign.heartbeat, missed)
        self._seen = seen
        self._requeue_gone(signs)

    def look_for_gone(self) -> None:
        """Puts back at once what processes of this machine left behind."""
        self._requeue_gone(self._claims.signs())

    def forget(self) -> None:
        """Begins anew, after a time in which nobody could show life."""
        self._seen = {}

    def _requeue_gone(self, signs: list[Sign]) -> None:
        for sign in signs:
            if sign.claim.owner.is_gone():
                self._requeue(sign, "is gone")

    def _requeue(self, sign: Sign, why: str) -> None:
        state = self._claims.requeue(sign)
        if state is TrialState.WAITING:
            self.announce(f"trial {sign.number} is free again: its worker {why}")
        elif state is TrialState.FAIL:
            self.announce(f"trial {sign.number} has failed: its worker {why}, like those before it")


@final
class Lifeline:
    """Shows that a worker lives for as long as it holds a trial, and notices when the trial is no longer its own."""

    def __init__(self, claims: Claims, lookout: Lookout, interval_seconds: float) -> None:
        self._claims = claims
        self._lookout = lookout
        self._interval_seconds = interval_seconds
        self._held: Taken | None = None
        self._is_lost = False
        self._shown = self._asked = time.monotonic()
        self._trouble = ""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lifeline", daemon=True)

    def __enter__(self) -> Lifeline:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(timeout=self._interval_seconds)

    @contextmanager
    def hold(self, taken: Taken) -> Iterator[None]:
        """Shows life for a trial meanwhile."""
        self._is_lost = False
        self._shown = time.monotonic()
        self._held = taken
        try:
            yield
        finally:
            self._held = None

    def check(self) -> None:
        """Raises TrialLost where the trial that is held has gone to another worker.

        A process that was stopped for a while asks before it does anything else.
        """
        now = time.monotonic()
        if now - max(self._shown, self._asked) > MISSED_BEATS / 2 * self._interval_seconds:
            # Where the database is away, an answer may take long, and there is training to be done.
            self._asked = now
            with without_waiting():
                self._beat()
        if self._is_lost:
            raise TrialLost

    def _run(self) -> None:
        while not self._end.wait(self._interval_seconds):
            try:
                self._beat()
                self._lookout.look_for_silent()
            except Exception as error:
                # Nobody else could show life either.
                self._lookout.forget()
                # The main thread meets what passes, and says so; of anything else nobody would ever hear.
                if trouble_of(error) is None:
                    self._say(f"can't show signs of life: {type(error).__name__}: {error}")

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._lookout.announce(trouble)

    def _beat(self) -> None:
        held = self._held
        if held is not None and not self._claims.hold(held.trial_id, held.claim.token):
            self._is_lost = self._held is held
        self._shown = time.monotonic()
