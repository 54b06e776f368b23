"""Files that are whole or absent, whenever a process is killed and whenever the power goes."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Writes a file (text as UTF-8) beside its place, syncs it, and renames it there; the folder is there already.

    Raises OSError where the disk is full or the folder can't be written; what the path held before is then as it was.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with beside.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Makes a renamed file's new name last, where the system lets a folder be synced."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems refuse; the file itself is there all the same.
        with contextlib.suppress(OSError):
            os.fsync(opened)
    finally:
        os.close(opened)
