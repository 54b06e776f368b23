"""Connections to the study database: what SQLite and PostgreSQL need to be safe for several processes."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext, make_url

from nas_gan.store.address import is_postgres

# Less than the time that a search gives its workers to end: who meets a busy database waits, and tries again anyway.
BUSY_MILLISECONDS = 20_000
# libpq's own names. A server that is gone without a word is noticed in a minute rather than in hours.
POSTGRES_SETTINGS: tuple[tuple[str, str | int], ...] = (
    ("connect_timeout", 10),
    ("application_name", "nas_gan"),
    ("keepalives_idle", 30),
    ("keepalives_interval", 10),
    ("keepalives_count", 3),
    ("tcp_user_timeout", 60_000),
)

# SQLSTATE of a write where there is nothing but reading.
ONLY_READS = "25006"


def engine_settings(url: str) -> dict[str, Any]:
    """Give a worker's heartbeat and its trial a connection each; what a server has dropped is opened again."""
    if not is_postgres(url):
        return {}
    given = make_url(url).query
    settings = {name: value for name, value in POSTGRES_SETTINGS if name not in given}
    return {"pool_size": 2, "max_overflow": 2, "pool_pre_ping": True, "connect_args": settings}


def make_safe_for_processes(engine: Engine) -> None:
    """Keep SQLite from handing one waiting trial to two workers, and from failing where it should wait.

    Transactions take the write lock when they begin, and a busy database is waited for. What has been committed
    outlasts a power cut: a trial's checkpoints are removed once its end is in the database.
    """

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def keep_sessions_alike(engine: Engine) -> None:
    """Set one time zone for all workers, whose clock is never put forward: heartbeats are times without a zone.

    A worker that is stopped within a transaction gives its locks back after a minute.
    """

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> None:
        # A second server of a cluster, or one whose disk was full: another session may be let write.
        if getattr(context.original_exception, "sqlstate", None) == ONLY_READS:
            context.is_disconnect = True
