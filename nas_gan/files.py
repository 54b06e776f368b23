"""Files that are whole or absent, whenever a process is killed and whenever the power goes."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from nas_gan.errors import InputError


def check_regular(path: Path) -> None:
    """Raise InputError for what is no file or folder: reading a pipe or a device may take for ever.

    Raises OSError where there is nothing.
    """
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(f"{path}: is a pipe or a device; give a file")


_BESIDE = re.compile(r"\.(.+)\.[0-9a-f]{8}")


def name_beside(name: str) -> str:
    """Return what a file is called while it is written, beside its place."""
    return f".{name}.{uuid.uuid4().hex[:8]}"


def is_beside(name: str) -> bool:
    """Say whether a file's name is one of those that `name_beside` gives."""
    return name_meant(name) is not None


def name_meant(name: str) -> str | None:
    """Return what the file is to be called that `name_beside` gave this name; None for other names."""
    found = _BESIDE.fullmatch(name)
    return found[1] if found else None


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to be written beside a path, then sync it and rename it there; the folder is there already.

    Raises OSError where the disk is full or the folder can't be written. What the path held before is then as it was,
    and so it is after whatever is raised while the file is written.
    """
    beside = path.with_name(name_beside(path.name))
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk is told without one
        raise
    _sync_folder(path.parent)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write what is at hand, text as UTF-8, as a `whole_file`."""
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_output(path: Path, content: bytes | str) -> None:
    """Write a file that a user named, as a `whole_file` where it is one: a link is followed, a device written to.

    Of a name in the text that isn't UTF-8, question marks are left.
    """
    plain = content.encode(errors="replace") if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(plain)
    else:
        write_whole(path.resolve(), plain)


def remove_half_written(folder: Path) -> None:
    """Remove what processes that were killed while they wrote have left in a folder; none may be writing there now."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if is_beside(path.name):
                with contextlib.suppress(OSError):
                    path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a renamed file's new name last, where the system lets a folder be synced."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems refuse; the file itself is there all the same.
        with contextlib.suppress(OSError):
            os.fsync(opened)
    finally:
        os.close(opened)
