"""A lock between processes that ends with the process that holds it, whatever becomes of that.

The locks are those of filelock, which is given descriptors: so a folder can be locked, and nothing is left in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Lock a folder, or a file that is made if need be and stays there; `on_wait` is called where another has it.

    It holds between machines too where they share a file system that knows such locks. Raises OSError if the path
    can't be opened or the file system has no locks. Does nothing for a folder on Windows, which opens files alone.
    """
    if path.is_dir() and os.name == "nt":
        yield
        return
    handle = os.open(path, os.O_RDONLY) if path.is_dir() else os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not lock_descriptor(handle, blocking=False):
            on_wait()
            lock_descriptor(handle)
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_if_possible(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Lock as `locked` does; go on without a lock where there can be none, as on some network file systems."""
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(locked(path, on_wait))
        yield
