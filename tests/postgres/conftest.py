"""A PostgreSQL server of these tests' own: started in a temporary folder, stopped and started at will."""

from __future__ import annotations

import getpass
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, final

import psycopg
import pytest
from psycopg import sql

USER, PASSWORD = "searcher", "s3cret-Pa55"
SECONDS = 120


def _find_programs() -> Path | None:
    """The folder of the newest server's programs."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max((path.parent for path in versions), key=lambda path: float(path.parent.name), default=None)
    found = shutil.which("initdb")
    return newest or (Path(found).parent if found else None)


def _owner() -> str:
    """Who runs the server, which refuses to be run by root."""
    if os.geteuid() != 0:
        return getpass.getuser()
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _base() -> Path:
    """Where the server's folder goes: into memory if there is room. pytest's own folders are closed to other users."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * 2**30
    return memory if roomy else Path(tempfile.gettempdir())


def _free_port() -> int:
    """Below those that the system gives away, so that nobody takes it while the server is stopped."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")


@final
@dataclass(frozen=True)
class Server:
    """A server. `address` is a URL without a database."""

    programs: Path
    folder: Path
    owner: str
    port: int

    @property
    def address(self) -> str:
        """The URL of the server, with the password."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        # A server that was killed leaves its socket's folder as it was: it has none of its own here.
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-t", str(SECONDS), "-o", options, "-l", log, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast` breaks off what runs, `immediate` is a power cut."""
        self._run("pg_ctl", "-D", self._data, "-w", "-t", str(SECONDS), "-m", mode, "stop")

    @contextmanager
    def away_when(self, question: LiteralString, database: str, seconds: float) -> Iterator[None]:
        """Cuts the power for so long as soon as the answer to a question is true."""
        end = threading.Event()

        def cut() -> None:
            while not end.is_set() and self.execute(question, database) != [(True,)]:
                end.wait(0.1)
            self.stop("immediate")
            time.sleep(seconds)
            self.start()

        thread = threading.Thread(target=cut)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def create_database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"studies_{uuid.uuid4().hex[:8]}"
        place = f"host=127.0.0.1 port={self.port} user={USER} password={PASSWORD} dbname=postgres"
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"{self.address}/{name}"

    def execute(self, statement: LiteralString, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the owner of everything; give the rows of a SELECT."""
        place = f"host=127.0.0.1 port={self.port} user={USER} password={PASSWORD} dbname={database}"
        with psycopg.connect(place, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def make(self) -> None:
        """Make the server's folder and its one user."""
        self.folder.mkdir()
        shutil.chown(self.folder, self.owner)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        shutil.chown(password, self.owner)
        settings = ("-U", USER, "-A", "scram-sha-256", "--pwfile", str(password))
        self._run("initdb", "-D", self._data, "--no-sync", "-E", "UTF8", "--locale=C", *settings)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        # Not to a pipe, which the server would keep open.
        with (self.folder / "out").open("w") as out:
            ended = subprocess.run(
                [self.programs / program, *arguments],
                user=self.owner if os.geteuid() == 0 else None,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=2 * SECONDS,
            )
        if ended.returncode:
            texts = (path.read_text() for name in ("out", "log") if (path := self.folder / name).exists())
            pytest.fail(f"{program} ended with {ended.returncode}: {' '.join(texts)}")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server. Without PostgreSQL on this machine the test is skipped, or fails if REQUIRE_POSTGRES is set."""
    programs = _find_programs()
    if programs is None:
        reason = "no PostgreSQL server is installed (Debian and Ubuntu: apt-get install postgresql)"
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail(f"{reason}, and REQUIRE_POSTGRES is set")
        pytest.skip(reason)
    outer = _base() / f"nas-gan-postgres-{uuid.uuid4().hex[:8]}"
    server = Server(programs, outer, _owner(), _free_port())
    try:
        server.make()
        server.start()
        yield server
    finally:
        if (outer / "data" / "postmaster.pid").exists():
            server.stop("immediate")
        shutil.rmtree(outer, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """The URL of a new, empty database."""
    return postgres.create_database()


@pytest.fixture(params=["sqlite", "postgres"])
def either_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that isn't there yet, or is empty: of either kind, one test each."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'studies.db'}"
    return str(request.getfixturevalue("postgres_url"))


RunTogether = Callable[..., list[str]]


# What comes after the imports runs in each process, which was forked when all that is slow had been imported.
TOGETHER = """
import multiprocessing
import sys
{imports}

def work(index, barrier):
    sys.argv[1] = str(index)
    with open(f"{{sys.argv[-1]}}/{{index}}", "w") as sys.stdout:
{rest}


forks = multiprocessing.get_context("fork")
barrier = forks.Barrier({count})
processes = [forks.Process(target=work, args=(index, barrier)) for index in range({count})]
for process in processes:
    process.start()
for process in processes:
    process.join()
sys.exit(max(abs(process.exitcode) for process in processes))
"""


@pytest.fixture
def run_together(tmp_path: Path) -> RunTogether:
    """Run a script in several processes that go on as one, and give what each prints: `run(script, 4, url)`.

    It has its imports before `# each`, and is ready at `# go`.
    """

    def run(script: str, count: int, *arguments: str) -> list[str]:
        imports, rest = script.replace("# go", "barrier.wait(300)").split("# each\n")
        program = TOGETHER.format(imports=imports, rest=textwrap.indent(rest, " " * 8), count=count)
        folder = tmp_path / "printed"
        folder.mkdir()
        command = [sys.executable, "-c", program, "", *arguments, str(folder)]
        with subprocess.Popen(command, start_new_session=True) as process:
            try:
                assert process.wait(300) == 0
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return [(folder / str(index)).read_text() for index in range(count)]

    return run
