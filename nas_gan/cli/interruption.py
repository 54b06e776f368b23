"""Signals that end a long command as Ctrl-C does, so that what is running is kept."""

from __future__ import annotations

import signal
from types import FrameType


def interruptible() -> None:
    """Lets SIGTERM, and SIGHUP where there is one, raise KeyboardInterrupt: Slurm, Kubernetes and a closed terminal."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What `nohup` has switched off stays so.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
