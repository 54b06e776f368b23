"""Real processes that are killed, stopped, and left without a disk; nothing is lost, and nothing done twice."""

from __future__ import annotations

import contextlib
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest

from nas_gan.data import DataConfig
from nas_gan.study.config import SearchConfig
from nas_gan.study.runs.record import load_record
from nas_gan.study.search import prepare_search
from nas_gan.study.storage.database import open_storage
from nas_gan.study.workers.claim import parse_claim

SOAK = Path(__file__).parents[2] / "scripts" / "soak_faults.py"
Program = Callable[..., "subprocess.CompletedProcess[str]"]


class WorkerProcess:
    """`python -m nas_gan worker`, whose lines are read as they come."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-u", "-m", "nas_gan", "worker", "--study", "points"]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.seen = ""

    def read_until(self, words: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen += line
            if words in line:
                return
        pytest.fail(f"{words!r} was never said: {self.seen}")

    def finish(self) -> str:
        self.seen += self.process.communicate(timeout=120)[0]
        assert "Traceback" not in self.seen
        assert self.process.returncode == 0, self.seen
        return self.seen


@pytest.fixture
def start() -> Iterator[Callable[[Path], WorkerProcess]]:
    """Starts a worker in a folder, of a study of two trials that take some seconds each; it is begun if need be."""
    workers: list[WorkerProcess] = []

    def start(folder: Path) -> WorkerProcess:
        if not workers:
            _begin_study(folder)
        workers.append(WorkerProcess(folder))
        return workers[-1]

    yield start
    for worker in workers:
        worker.process.kill()
        worker.process.communicate()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of eight megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip(f"can't mount a disk: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def _begin_study(folder: Path) -> None:
    config = SearchConfig(
        study="points",
        space="plane",
        data=DataConfig("swiss_roll", limit=300),
        storage=str(folder / "runs" / "studies.db"),
        trials=2,
        images=9000,
        pruner="none",
        out=str(folder / "runs"),
        heartbeat_seconds=0.5,
    )
    prepare_search(config, lambda _: None)


def _check_trials(folder: Path) -> list[int]:
    """Two trials that ended once, with whole records; says how often each was claimed."""
    storage = open_storage(str(folder / "runs" / "studies.db"), create=False)
    trials = optuna.load_study(study_name="points", storage=storage).get_trials()
    assert [trial.state.name for trial in trials] == ["COMPLETE", "COMPLETE"]
    for trial in trials:
        record = load_record(folder / "runs" / "points" / str(trial.number))
        assert record.to_json() == trial.user_attrs["record"]
        assert not list((folder / "runs" / "points" / str(trial.number)).glob("undelivered*"))
    return [parse_claim(trial.system_attrs["nas_gan:claim"]).times for trial in trials]


def test_kills_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(SOAK), "--kills", "5", "--trials", "9", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + (tmp_path / "search.log").read_text()


def test_a_worker_that_was_away_for_long_drops_its_result(
    tmp_path: Path, start: Callable[[Path], WorkerProcess]
) -> None:
    away = start(tmp_path)
    away.read_until("trial 0 starts")
    away.process.send_signal(signal.SIGSTOP)
    other = start(tmp_path).finish()
    assert "trial 0 is free again: its worker has shown no life for long" in other
    records = {path: path.read_bytes() for path in (tmp_path / "runs" / "points").glob("*/*")}
    away.process.send_signal(signal.SIGCONT)
    late = away.finish()
    assert "trial 0 lost (another worker has it by now)" in late
    assert _check_trials(tmp_path) == [2, 1]
    assert records == {path: path.read_bytes() for path in records}


def test_a_worker_waits_for_its_quota(tmp_path: Path, start: Callable[[Path], WorkerProcess]) -> None:
    worker = start(tmp_path)
    worker.read_until("trial 0 starts")
    soft, hard = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
    # No file may grow any more: neither samples nor the database.
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (0, hard))
    worker.read_until("waiting, nothing is lost")
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    assert "of waiting" in worker.finish()
    assert _check_trials(tmp_path) == [1, 1]


def test_a_worker_waits_for_a_full_disk(small_disk: Path, start: Callable[[Path], WorkerProcess]) -> None:
    worker = start(small_disk)
    worker.read_until("trial 0 starts")
    with (small_disk / "rubbish").open("wb", buffering=0) as rubbish, contextlib.suppress(OSError):
        while True:
            rubbish.write(bytes(4096))
    worker.read_until("waiting, nothing is lost")
    assert "No space left on device" in worker.seen or "full" in worker.seen
    (small_disk / "rubbish").unlink()
    assert "of waiting" in worker.finish()
    assert _check_trials(small_disk) == [1, 1]


def test_sigterm_puts_the_trial_back(tmp_path: Path, start: Callable[[Path], WorkerProcess]) -> None:
    worker = start(tmp_path)
    worker.read_until("trial 0 starts")
    worker.process.send_signal(signal.SIGTERM)
    said = worker.process.communicate(timeout=60)[0]
    assert worker.process.returncode == 130, said
    assert "trial 0 interrupted" in said
    assert "Traceback" not in said
    start(tmp_path).finish()
    assert _check_trials(tmp_path) == [2, 1]


def test_gpus_that_are_not_there_are_one_line(tmp_path: Path, program: Program) -> None:
    done = program("search", "--space", "plane", "--data", "swiss_roll", "--gpus", "0,97", folder=tmp_path)
    assert done.returncode == 2
    assert "--gpus 0,97: this machine has" in done.stderr
    assert len(done.stderr.splitlines()) == 1
