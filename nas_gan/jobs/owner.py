"""Who holds a trial: one worker process of one machine, told apart from any other."""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import final


@final
@dataclass(frozen=True)
class Process:
    """A process. `machine` is the same for processes that can see each other; `began` tells a reused number apart."""

    machine: str
    number: int
    began: str

    @property
    def host(self) -> str:
        """The machine's name."""
        return self.machine.partition(" ")[0]

    def is_gone(self) -> bool:
        """Say whether it has surely ended; False where that can't be known from here."""
        return self.machine == this_machine() and _beginning_of(self.number) != self.began


def this_process() -> Process:
    """Return the process that asks."""
    number = os.getpid()
    return Process(this_machine(), number, _beginning_of(number))


def new_token() -> str:
    """Return a name for one claim that no other claim has."""
    return uuid.uuid4().hex


@cache
def this_machine() -> str:
    """Return host, boot and name space of process numbers: a container's processes aren't those of its host."""
    boot = _read(Path("/proc/sys/kernel/random/boot_id"))
    try:
        numbers = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        numbers = ""
    return f"{socket.gethostname()} {boot} {numbers}".strip()


def _beginning_of(process: int) -> str:
    """Say when a process began, in ticks since boot; empty if there is none, `?` where that can't be read."""
    if not Path("/proc/self/stat").exists():
        return _ask_with_a_signal(process)
    text = _read(Path(f"/proc/{process}/stat"))
    # The name, in brackets, may hold spaces. A zombie has ended, though its parent hasn't noticed yet.
    fields = text.rpartition(")")[2].split()
    return "" if not fields or fields[0] in "ZX" else fields[19]


def _ask_with_a_signal(process: int) -> str:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "?"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
