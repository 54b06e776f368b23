"""Searches on PostgreSQL whose workers are killed, or whose server goes away: nothing is lost, nothing done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest

from nas_gan.errors import InputError
from nas_gan.jobs.job import Job
from nas_gan.jobs.owner import new_token
from nas_gan.jobs.queue import JobQueue
from nas_gan.search.catalogue import queue_of
from nas_gan.search.storage.database import open_storage
from nas_gan.store.retry import Retry

SEARCH = (
    "search --space plane --data swiss_roll --limit 300 --images 9k --protocol plane-1k --trials 2 --workers 1 "
    "--sampler tpe --pruner none --study points"
)


@pytest.fixture
def search(postgres_url: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A running search of two trials by one worker, which take some seconds each."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "nas_gan", *SEARCH.split(), "--storage", postgres_url],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def _read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return
    pytest.fail(f"{words!r} was never said: {seen}")


def test_kills_lose_nothing(postgres_url: str, tmp_path: Path, soak: Callable[..., None]) -> None:
    soak(tmp_path, "--storage", postgres_url)


def test_a_worker_that_is_started_while_the_server_is_away_waits_for_it(
    postgres: Any, postgres_url: str, search: subprocess.Popen[str]
) -> None:
    _read_until(search, "trial 0 starts")
    storage = open_storage(postgres_url, create=False)
    study = optuna.load_study(study_name="points", storage=storage)
    queue = queue_of(study)
    assert queue is not None
    (job,) = queue.leased()
    assert job.owner is not None
    postgres.stop("immediate")
    try:
        os.kill(job.owner.number, signal.SIGKILL)
        _read_until(search, "worker 0 replaced")
        _read_until(search, "can't be opened (connection")
    finally:
        postgres.start()
    said = search.communicate(timeout=600)[0]
    assert search.returncode == 0, said
    assert "goes on after" in said
    assert "Traceback" not in said
    # The second may collapse by itself, which is an end, too.
    first, second = study.get_trials()
    assert (first.state.name, second.state.is_finished()) == ("COMPLETE", True)


def test_a_server_that_only_lets_read_is_waited_for(postgres: Any, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    storage = open_storage(postgres_url, create=True)
    queue = JobQueue(storage.engine, "study")
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    storage.engine.dispose()
    with pytest.raises(InputError, match="only lets read"):
        open_storage(postgres_url, create=True)
    said: list[str] = []

    def let_write() -> None:
        postgres.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

    taken = Retry(said.append, let_write).call(lambda: queue.lease(new_token(), 1))
    assert isinstance(taken, Job)
    assert "read-only transaction" in said[0]
