"""The study database: SQLite or PostgreSQL, made safe for several processes, or any URL that Optuna takes."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from nas_gan.errors import InputError
from nas_gan.jobs.table import create_table, has_table
from nas_gan.locking import locked
from nas_gan.search.storage.connections import engine_settings, keep_sessions_alike, make_safe_for_processes
from nas_gan.store.address import (
    SQLITE_PREFIX,
    check_address,
    database_folder,
    is_postgres,
    masked_url,
    storage_url,
    without_secrets,
)
from nas_gan.store.retry import TransientError, transient_cause

__all__ = ["creation_lock", "masked_url", "open_storage", "storage_url", "study_names"]

FORMAT = 3  # of a study and its jobs; the first had no table of jobs, the second other settings
# Any number that no other program takes for a lock of the same database.
CREATION_LOCK_KEY = 0x6E61735F67616E


def open_storage(storage: str, *, create: bool) -> RDBStorage:
    """Open a database given as path or URL.

    With `create` a missing SQLite file is made, and the tables of an empty database, once, whoever else is
    making them. Without it, that is an InputError, as is a database that can't be opened: a TransientError, if it may
    be later.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url = storage_url(storage)
    check_address(url)
    try:
        return _open_once(url, create)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise InputError(
            f"{masked_url(url)}: not a database address ({without_secrets(str(error), url)}); "
            "give a file, or a URL such as sqlite:///runs/studies.db",
            setting="storage",
        ) from None
    except ImportError as error:
        remedy = "pip install -e '.[postgres]'" if is_postgres(url) else "install its driver"
        reason = without_secrets(str(error), url)
        raise InputError(
            f"{masked_url(url)}: needs another package ({reason}): {remedy}", setting="storage"
        ) from None
    except (DBAPIError, StorageInternalError, RuntimeError, OSError) as error:
        refusal = TransientError if transient_cause(error) else InputError
        raise refusal(
            f"{masked_url(url)}: can't be opened ({_reason(error, url)}){_where_nothing_is_written(url)}",
            setting="storage",
        ) from None


def study_names(storage: RDBStorage) -> list[str]:
    """List the names of a database's studies, oldest first: also of those whose values can't be read."""
    with storage.engine.connect() as connection:
        names = connection.execute(text("SELECT study_name FROM studies ORDER BY study_id")).scalars()
        return [str(name) for name in names]


@contextmanager
def creation_lock(storage: RDBStorage) -> Iterator[None]:
    """Let one process at a time create tables or a study in a database."""
    with _lock(storage.url):
        yield


def _open_once(url: str, create: bool) -> RDBStorage:
    if url.startswith(SQLITE_PREFIX):
        return _open_sqlite(url, create)
    if is_postgres(url) and not _has_studies(url):
        if not create:
            raise InputError(
                f"{masked_url(url)}: no studies yet; start one with: python -m nas_gan search",
                setting="storage",
            )
        with _lock(url):
            _connect(url).engine.dispose()
    opened = _connect(url)
    if create and is_postgres(url):
        _check_takes_writes(opened)
    with _lock(url) if create else nullcontext():
        _check_jobs(opened, create)
    return opened


def _open_sqlite(url: str, create: bool) -> RDBStorage:
    path = Path(url.removeprefix(SQLITE_PREFIX))
    if not create:
        _check_sqlite_file(path, create)
        return _check_jobs(_connect(url), create)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: can't make its folder ({error.strerror})", setting="storage") from None
    # What another process has half made is not to be seen, nor taken for a file of something else.
    with _lock(url):
        _check_sqlite_file(path, create)
        return _check_jobs(_connect(url), create)


def _check_jobs(storage: RDBStorage, create: bool) -> RDBStorage:
    """Make the table of jobs where it is missing; raises InputError for a database of an older version's studies."""
    if has_table(storage.engine):
        return storage
    if not create or _has_older_studies(storage):
        raise InputError(
            f"{masked_url(storage.url)}: is of format 1, without a table of jobs, and this version of "
            f"nas_gan knows format {FORMAT}; begin anew in another `storage`, or go on with the version that began it",
            setting="storage",
        )
    create_table(storage.engine)
    return storage


def _has_older_studies(storage: RDBStorage) -> bool:
    return any("definition" in study.user_attrs for study in storage.get_all_studies())


def _connect(url: str) -> RDBStorage:
    opened = RDBStorage(url, engine_kwargs=engine_settings(url))
    if url.startswith(SQLITE_PREFIX):
        make_safe_for_processes(opened.engine)
    elif is_postgres(url):
        keep_sessions_alike(opened.engine)
    # Connections from before the hooks are given up, and the others with the storage.
    opened.engine.dispose()
    weakref.finalize(opened, opened.engine.dispose)
    return opened


@contextmanager
def _passing_engine(url: str) -> Iterator[Engine]:
    settings = {"connect_args": engine_settings(url)["connect_args"]} if is_postgres(url) else {}
    engine = create_engine(url, poolclass=NullPool, **settings)
    try:
        yield engine
    finally:
        engine.dispose()


def _has_studies(url: str) -> bool:
    """Say whether Optuna's tables are there, and stamped, which is the last thing it does to them."""
    with _passing_engine(url) as engine, engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT 1 FROM alembic_version")).first() is not None


@contextmanager
def _lock(url: str) -> Iterator[None]:
    if url.startswith(SQLITE_PREFIX):
        with locked(Path(url.removeprefix(SQLITE_PREFIX)).parent):
            yield
    elif is_postgres(url):
        with _passing_engine(url) as engine, engine.begin() as connection:
            # Ends with its transaction, and so with its process.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CREATION_LOCK_KEY})
            yield
    else:
        yield


def _check_sqlite_file(path: Path, create: bool) -> None:
    if not path.exists():
        if not create:
            raise InputError(f"{path}: no studies yet; start one with: python -m nas_gan search")
        return
    if create and not os.access(path, os.W_OK):
        raise TransientError(f"{path}: can't be written; give another file", setting="storage")
    if path.is_dir():
        raise TransientError(
            f"{path}: can't be opened (is a folder); give a file in it, such as studies.db", setting="storage"
        )
    tables = _tables_of(path)
    if "studies" not in tables and (tables or not create):
        raise InputError(f"{path}: holds no studies; name another file", setting="storage")


def _tables_of(path: Path) -> set[str]:
    """Return names of a SQLite file's tables; raises InputError if it isn't one, or is damaged.

    SQLite alone opens the file: closing it any other way would drop the locks that this process's connections hold,
    and another process would take away the log that they write to.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.OperationalError as error:
        raise TransientError(
            f"{path}: can't be opened ({error}){_where_nothing_is_written(str(path))}", setting="storage"
        ) from None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise InputError(f"{path}: not a SQLite database; name another file", setting="storage") from None
        raise InputError(
            f"{path}: is damaged ({error}); go back to a copy of it, or save what is left: "
            f"sqlite3 {path} .recover",
            setting="storage",
        ) from None


def _where_nothing_is_written(storage: str) -> str:
    """Say what to do about a SQLite file on a medium that can only be read; nothing about any other."""
    folder = database_folder(storage)
    if folder is None or not folder.is_dir() or os.access(folder, os.W_OK):
        return ""
    return (
        "; SQLite writes beside its file, and nothing can be written there: copy the file, with its -wal if there is "
        "one, to another folder"
    )


def _check_takes_writes(storage: RDBStorage) -> None:
    """Raise TransientError for a server that only reads: a second one of a cluster, or one whose disk is full."""
    with storage.engine.connect() as connection:
        if connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
            raise TransientError(
                f"{masked_url(storage.url)}: the server only lets read, not write", setting="storage"
            )


def _reason(error: Exception, url: str) -> str:
    """Return what the server or its driver says, without what comes before the cause."""
    while not isinstance(error, DBAPIError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    told = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    causes = [line.partition(" failed: ")[2] or line for line in told.strip().splitlines()]
    return without_secrets(causes[0].rpartition("FATAL:")[2], url) if causes else type(error).__name__
