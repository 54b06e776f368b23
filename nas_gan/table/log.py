"""Rows as they are recorded: a file of lines that only grows, and is whole whenever its writer is killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from pydantic import ValidationError

from nas_gan.errors import InputError
from nas_gan.locking import locked
from nas_gan.table.row import Row


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file in its order, none where there is no file; a last line that was cut off is passed
    over.

    Raises InputError for a line that isn't a row.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read ({error}); give a file that record_table.py wrote") from None
    lines = text.split("\n")
    return [parse_row(line, f"{path}: line {number}") for number, line in enumerate(lines[:-1], 1)]


def parse_row(line: str, where: str) -> Row:
    """Return the row of a line; InputError, naming the place, where it is none."""
    try:
        return Row.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        raise InputError(
            f"{where}: not a row of this version: {path}: {first['msg']}; record it again, or use the version that "
            "wrote it"
        ) from None


@final
class RowLog:
    """The file that one process at a time adds rows to; `open_log` makes one."""

    def __init__(self, handle: int, rows: list[Row]) -> None:
        self._handle = handle
        self.rows = rows

    def add(self, row: Row) -> None:
        """Add a row at once or not at all, and sync it."""
        line = row.to_line().encode()
        while line:
            line = line[os.write(self._handle, line) :]
        os.fsync(self._handle)
        self.rows.append(row)


@contextmanager
def open_log(path: Path) -> Iterator[RowLog]:
    """Open a file to add rows to, made with its folder if need be; wait for another process that has it open.

    What a killed process left of a last line is cut off.
    """

    def refuse() -> None:
        raise InputError(f"{path}: another process is recording into this file; wait for its end, or stop it")

    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_name(f".{path.name}.lock"), refuse):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _cut_torn_line(handle, path)
            yield RowLog(handle, read_rows(path))
        finally:
            os.close(handle)


def _cut_torn_line(handle: int, path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.ftruncate(handle, whole)
