"""The study database: SQLite, made safe for several processes, or any URL that Optuna takes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
from optuna.storages import RDBStorage
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from nas_gan.errors import InputError

SQLITE_PREFIX = "sqlite:///"
BUSY_MILLISECONDS = 60_000


def storage_url(storage: str) -> str:
    """A URL as it is, a path as a SQLite URL."""
    return storage if "://" in storage else f"{SQLITE_PREFIX}{storage}"


def open_storage(storage: str, *, create: bool) -> RDBStorage:
    """Opens a database given as path or URL.

    With `create` a missing SQLite file is made; without it, that is an InputError, as is a database that
    can't be opened.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = storage_url(storage)
    if url.startswith(SQLITE_PREFIX):
        _check_sqlite_file(Path(url.removeprefix(SQLITE_PREFIX)), create)
    try:
        opened = RDBStorage(url)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise InputError(
            f"--storage {_without_password(url)}: not a database address ({error}); "
            "give a file, or a URL such as sqlite:///runs/studies.db"
        ) from None
    except DBAPIError as error:
        raise InputError(f"--storage {_without_password(url)}: can't be opened ({error.orig})") from None
    if url.startswith(SQLITE_PREFIX):
        _make_safe_for_processes(opened)
    return opened


def _check_sqlite_file(path: Path, create: bool) -> None:
    if not path.exists():
        if not create:
            raise InputError(f"{path}: no studies yet; start one with: python -m nas_gan search")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"--storage {path}: can't make its folder ({error.strerror})") from None
        return
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise InputError(f"--storage {path}: not readable ({error.strerror})") from None
    if head and head != b"SQLite format 3\x00":
        raise InputError(f"--storage {path}: not a SQLite database; name another file")
    tables = _tables_of(path)
    if "studies" not in tables and (tables or not create):
        raise InputError(f"--storage {path}: holds no studies; name another file")


def _tables_of(path: Path) -> set[str]:
    """Names of a SQLite file's tables; raises InputError if it is damaged."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        raise InputError(f"--storage {path}: can't be opened ({error}); name another file") from None


def _make_safe_for_processes(storage: RDBStorage) -> None:
    """Without this, SQLite hands one waiting trial to two workers and fails where it should wait.

    Transactions take the write lock when they begin, and a busy database is waited for.
    """
    engine = storage.engine

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    # Connections from before the hooks are given up.
    engine.dispose()


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    user = credentials.partition(":")[0]
    return f"{scheme}{separator}{user}{at}{place}"
