"""Workers that a real local Ray places: one is killed, all are interrupted, and no trial is lost or ends twice."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest

from nas_gan.search.catalogue import queue_of
from nas_gan.search.storage.database import open_storage

Start = Callable[..., "subprocess.Popen[str]"]
Program = Callable[..., "subprocess.CompletedProcess[str]"]

SECONDS = 540
SEARCH = (
    "search",
    "--space",
    "tiny",
    "--limit",
    "320",
    "--protocol",
    "classifier-1k",
    "--on",
    "ray",
    "--workers",
    "2",
)


@pytest.fixture(scope="module", autouse=True)
def _needs_ray() -> None:
    if importlib.util.find_spec("ray") is None:
        said = 'Ray is not installed: pip install -e ".[ray]"'
        if os.environ.get("REQUIRE_RAY"):
            pytest.fail(said)
        pytest.skip(said)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a search on Ray, in a process group of its own, as a terminal does: `start("--trials", "4")`."""
    started: list[subprocess.Popen[str]] = []
    watchdogs: list[threading.Timer] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "nas_gan", *SEARCH, *arguments, "--out", str(tmp_path / "runs")],
            env=os.environ | {"COLUMNS": "80", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        watchdogs.append(threading.Timer(SECONDS, process.kill))
        watchdogs[-1].start()
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
    for watchdog in watchdogs:
        watchdog.cancel()


def _study(folder: Path) -> optuna.Study:
    storage = open_storage(str(folder / "runs" / "studies.db"), create=False)
    return optuna.load_study(study_name="tiny-mnist5k", storage=storage)


def _read_until_started(process: subprocess.Popen[str], count: int) -> str:
    """What is printed until `count` trials have started."""
    assert process.stdout is not None
    seen = ""
    while seen.count(" starts: ") < count:
        line = process.stdout.readline()
        assert line, seen
        seen += line
    return seen


def _read_to_the_end(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    seen = process.stdout.read()
    process.wait(SECONDS)
    return seen


def _holders(folder: Path) -> dict[int, int]:
    """The process of each running trial."""
    queue = queue_of(_study(folder))
    assert queue is not None
    return {
        job.number: job.owner.number
        for job in queue.leased()
        if job.number is not None and job.owner is not None
    }


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_killed_worker_is_started_again_and_each_trial_ends_once(start: Start, tmp_path: Path) -> None:
    process = start("--images", "270", "--trials", "4", "--pruner", "none")
    seen = _read_until_started(process, 1)
    while not (holders := _holders(tmp_path)):  # a worker may be between two trials
        time.sleep(0.05)
    number, holder = next(iter(holders.items()))
    os.kill(holder, signal.SIGKILL)
    seen += _read_to_the_end(process)
    assert process.returncode == 0, seen
    assert "its process died" in seen
    assert f"trial {number} is free again" in seen
    assert "raylet" not in seen
    trials = _study(tmp_path).get_trials()
    assert [trial.state.name for trial in trials] == ["COMPLETE"] * 4, seen
    told = [seen.count(f"trial {trial.number} complete") for trial in trials]
    # What the killed one had said last may be lost with it.
    assert sorted(told) in ([0, 1, 1, 1], [1, 1, 1, 1])


def test_ctrl_c_reaches_all_workers_and_puts_their_trials_back(start: Start, tmp_path: Path) -> None:
    process = start("--images", "2M", "--trials", "5")
    seen = _read_until_started(process, 2)
    holders = _holders(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    seen += _read_to_the_end(process)
    assert process.returncode == 130, seen
    assert "Traceback" not in seen
    # One may have diverged by itself before that.
    trials = [trial for trial in _study(tmp_path).get_trials() if not trial.state.is_finished()]
    assert {(trial.state.name, trial.user_attrs["outcome"]) for trial in trials} == {
        ("RUNNING", "interrupted")
    }
    assert holders
    deadline = time.monotonic() + 60
    while any(map(_is_alive, holders.values())):  # Ray doesn't wait for their end
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_sqlite_is_refused_where_there_may_be_several_machines(tmp_path: Path, program: Program) -> None:
    asked = ("--space", "tiny", "--limit", "320", "--trials", "1", "--on", "ray", "--address", "127.0.0.1:1")
    done = program("search", *asked, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "--storage runs/studies.db: SQLite is for one machine" in " ".join(done.stderr.split())


def test_a_cluster_that_isnt_there_is_one_line(tmp_path: Path, program: Program) -> None:
    asked = ("--space", "tiny", "--limit", "320", "--trials", "1", "--on", "ray", "--address", "127.0.0.1:1")
    done = program("search", *asked, "--storage", "postgresql://nobody@127.0.0.1:1/none", folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "--on ray: no Ray at 127.0.0.1:1" in " ".join(done.stderr.split())
