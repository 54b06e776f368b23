"""Retries: a worker whose database or disk fails it for a while says so, waits, and tries again."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from nas_gan.errors import InputError
from nas_gan.store.remote_folder import RemoteTrouble

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 15.0
STOP_LOOK_SECONDS = 0.5


def _numbers(*names: str) -> frozenset[int]:
    return frozenset(getattr(errno, name) for name in names if hasattr(errno, name))


# A disk that is full or may only be read; and what network file systems say while their server is away.
UNMISTAKABLE = _numbers("ENOSPC", "EDQUOT", "EROFS", "EFBIG", "EIO", "ESTALE", "ENOTCONN", "EREMOTEIO")
DISK_TROUBLES = UNMISTAKABLE | _numbers("EACCES", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENOLCK")
# A statement that can't ever succeed is called operational by some databases, too.
LASTING = ("no such table", "no such column", "does not exist", "syntax error")

Value = TypeVar("Value")


@final
class TransientError(InputError):
    """A database that can't be opened, and may be later: a first command gives up, a worker waits."""


@final
class Retry:
    """Try again, for as long as it takes, what fails because of the database or a disk.

    `announce` is given one line when a wait begins and one when it is over. `check_stop` is asked during a wait and
    raises KeyboardInterrupt to end it.
    """

    def __init__(self, announce: Callable[[str], None], check_stop: Callable[[], None]) -> None:
        self._announce = announce
        self._check_stop = check_stop

    def call(self, attempt: Callable[[], Value], *, limit_seconds: float = float("inf")) -> Value:
        """Return what `attempt` does; raise its error after `limit_seconds`, or at once if waiting doesn't mend it."""
        began, pause = time.monotonic(), FIRST_PAUSE_SECONDS
        waited = False
        while True:
            try:
                value = attempt()
            except Exception as error:
                trouble = transient_cause(error)
                if trouble is None or time.monotonic() - began > limit_seconds:
                    raise
                if not waited:
                    self._announce(f"{trouble}; waiting, nothing is lost")
                waited = True
                self._sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            else:
                if waited:
                    self._announce(f"goes on after {time.monotonic() - began:.0f} seconds of waiting")
                return value

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check_stop()
            time.sleep(min(left, STOP_LOOK_SECONDS))


@contextmanager
def without_waiting(announce: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Give up what is inside where a database or a disk is in trouble, with a line that says so."""
    try:
        yield
    except Exception as error:
        trouble = transient_cause(error)
        if trouble is None:
            raise
        announce(trouble)


def transient_cause(error: Exception) -> str | None:
    """Say what is wrong, in a few words, if it is a database or a disk that may come back; None for any other error."""
    # Optuna wraps what the database says in an error of its own.
    cause = error.__cause__ if isinstance(error.__cause__, DBAPIError) else error
    if isinstance(error, RemoteTrouble | TransientError):
        return str(error)
    if isinstance(error, InputError):
        return None  # whatever words of the system it quotes
    if isinstance(cause, PoolTimeoutError):
        return "the database has no free connection"
    if isinstance(cause, DBAPIError):
        return _database_trouble(cause)
    return _disk_trouble(error)


def _disk_trouble(error: Exception) -> str | None:
    if isinstance(error, OSError):
        if error.errno is None or error.errno not in DISK_TROUBLES:
            return None
        return f"{error.filename or 'a file'} can't be used ({os.strerror(error.errno)})"
    # Some libraries raise their own class with the system's words in it.
    said = str(error).lower()
    reasons = sorted(map(os.strerror, UNMISTAKABLE))
    return next((f"a file can't be used ({reason})" for reason in reasons if reason.lower() in said), None)


def _database_trouble(error: DBAPIError) -> str | None:
    said = " ".join(str(error.orig).split())
    if not (isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated):
        return None
    if any(words in said for words in LASTING):
        return None
    return f"the database can't be used ({said[:120]})"
