"""The table of jobs: a row each, in the database of the study that they are of."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
    text,
)

from nas_gan.errors import InputError
from nas_gan.interruption import PatientSignals
from nas_gan.jobs.job import Job, State
from nas_gan.jobs.owner import Process

METADATA = MetaData()
JOBS = Table(
    "nas_gan_jobs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("study", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", Integer),
    Column("seed", Integer, nullable=False, default=0),
    Column("state", String(16), nullable=False),
    Column("token", String(32)),
    Column("owner", Text),
    Column("heartbeat_seconds", Float, nullable=False, default=0.0),
    Column("beats", BigInteger, nullable=False, default=0),
    Column("seen", DateTime),
    Column("leases", Integer, nullable=False, default=0),
    Column("deaths", Integer, nullable=False, default=0),
    Column("progress", BigInteger, nullable=False, default=0),
    Column("scores", Text, nullable=False, default="[]"),
    Column("passed", BigInteger, nullable=False, default=0),
    Column("pending", Boolean, nullable=False, default=False),
    Column("key", String(64)),
    Column("waits_for", Integer),
    Column("outcome", String(16), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("result", Text),
    Column("closed", Boolean, nullable=False, default=False),
    UniqueConstraint("study", "kind", "number", "seed"),
    Index("nas_gan_jobs_by_state", "study", "state"),
    Index("nas_gan_jobs_by_key", "study", "key"),
    sqlite_autoincrement=True,  # a row's number isn't given again, however many are deleted
)
# A result holds a whole record, and is read where it is needed alone.
FACTS = [column for column in JOBS.columns if column.name != "result"]


def has_table(engine: Engine) -> bool:
    """Say whether a database has the table."""
    return inspect(engine).has_table(JOBS.name)


def create_table(engine: Engine) -> None:
    """Make the table. Whoever does so at the same time has to be kept out."""
    METADATA.create_all(engine)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Run what is inside as one transaction, which no signal cuts short.

    SQLite's driver would keep the lock, and the next transaction wait for it.
    """
    with PatientSignals() as signals, signals.undivided(), engine.begin() as connection:
        yield connection


def lock_study(connection: Connection, study: str) -> None:
    """Let no other transaction that asks for this run beside, up to this one's end."""
    if connection.dialect.name == "postgresql":
        key = zlib.crc32(study.encode()) | 0x6E61735F << 32
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    elif (
        connection.dialect.name != "sqlite"
    ):  # where a transaction begins with the lock of the whole database
        connection.execute(select(JOBS.c.id).where(JOBS.c.study == study).with_for_update())


def job_of(row: Row[Any]) -> Job:
    """Read a job from its row, which has been selected by FACTS; raises InputError for what nobody has written."""
    facts = dict(row._mapping)
    owner, scores = facts.pop("owner"), facts.pop("scores")
    if facts["state"] not in get_args(State):
        raise _damaged(facts["id"], f"{facts['state']!r} is no state")
    try:
        return Job(
            owner=Process(**json.loads(owner)) if owner else None,
            scores={int(step): tuple(map(float, values)) for step, values in json.loads(scores)},
            **facts,
        )
    except (ValueError, TypeError) as error:
        raise _damaged(facts["id"], str(error)) from None


def _damaged(row: int, why: str) -> InputError:
    return InputError(
        f"{JOBS.name}: row {row} isn't as it was written ({why}); go back to a copy of the database"
    )


def scores_text(scores: dict[int, tuple[float, ...]]) -> str:
    """Write scores as the table has them. Numbers that aren't finite are kept."""
    return json.dumps(sorted((step, list(values)) for step, values in scores.items()))


def owner_text(owner: Process) -> str:
    """Write an owner as the table has it."""
    return json.dumps(asdict(owner))
