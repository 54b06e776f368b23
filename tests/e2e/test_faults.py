"""Real processes that are killed, stopped and interrupted; nothing is lost, and nothing done twice."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest

from nas_gan.interruption import MOMENT_SECONDS
from nas_gan.runs.record import RungRecord, load_record
from nas_gan.search.catalogue import queue_of
from nas_gan.search.storage.database import open_storage
from nas_gan.search.worker import WorkerJob, run_worker

Program = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., Any]
RunHere = Callable[..., int]
Begin = Callable[..., None]
Check = Callable[..., list[int]]
Soak = Callable[..., None]

SEARCH = (
    "search --space plane --data swiss_roll --limit 300 --images 4500 --protocol plane-1k --trials 2 --workers 1 "
    "--sampler tpe --pruner none --study points"
)

# Each sign of life is of another time, days from now.
WILD_CLOCK = """
CREATE TRIGGER wild_clock AFTER UPDATE OF seen ON nas_gan_jobs BEGIN
    UPDATE nas_gan_jobs
    SET seen = strftime('%Y-%m-%d %H:%M:%S.000000', 'now', (72 + random() % 48) || ' hours')
    WHERE id = NEW.id;
END
"""


def test_kills_lose_nothing(tmp_path: Path, soak: Soak) -> None:
    soak(tmp_path)


def test_a_worker_that_was_away_for_long_drops_its_result(
    tmp_path: Path,
    begin_study: Begin,
    start_worker: Start,
    run_here: RunHere,
    check_trials: Check,
    capfd: pytest.CaptureFixture[str],
) -> None:
    begin_study(tmp_path)
    away = start_worker(tmp_path)
    away.read_until("trial 0 starts")
    _stop_between_transactions(away.process, tmp_path / "runs" / "studies.db")
    assert run_here(tmp_path, "worker", "--study", "points") == 0
    assert "trial 0 is free again: its worker has shown no life for long" in "".join(capfd.readouterr())
    records = {path: path.read_bytes() for path in (tmp_path / "runs" / "points").glob("*/*")}
    away.process.send_signal(signal.SIGCONT)
    late = away.finish()
    assert "trial 0 lost (another worker has it by now)" in late
    assert check_trials(tmp_path) == [2, 1]
    assert records == {path: path.read_bytes() for path in records}


def _stop_between_transactions(process: subprocess.Popen[str], database: Path) -> None:
    """Stopped within one, it would keep SQLite's lock from everybody, who then wait for it."""
    is_locked = True
    while is_locked:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
                is_locked = False
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.05)


def test_a_clock_that_jumps_takes_no_trial_from_its_worker(
    tmp_path: Path, begin_study: Begin, start_worker: Start, check_trials: Check
) -> None:
    begin_study(tmp_path, images=9_000)  # long enough for signs of life
    database = tmp_path / "runs" / "studies.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(WILD_CLOCK)
    workers = [start_worker(tmp_path) for _ in range(2)]
    workers[0].read_until("after 1,000 images")
    with closing(sqlite3.connect(database)) as connection:
        jumped = "SELECT count(*) FROM nas_gan_jobs WHERE julianday(seen) > julianday('now') + 0.9"
        while connection.execute(jumped).fetchone() == (0,):
            assert all(worker.process.poll() is None for worker in workers)
            time.sleep(0.1)
    for worker in workers:
        assert "free again" not in worker.finish()
    assert check_trials(tmp_path) == [1, 1]


def test_sigterm_puts_the_trial_back(
    tmp_path: Path, begin_study: Begin, start_worker: Start, run_here: RunHere, check_trials: Check
) -> None:
    begin_study(tmp_path)
    worker = start_worker(tmp_path)
    worker.read_until("trial 0 starts")
    worker.process.send_signal(signal.SIGTERM)
    assert "trial 0 interrupted" in worker.finish(130)
    assert run_here(tmp_path, "worker", "--study", "points") == 0
    assert check_trials(tmp_path) == [2, 1]


def test_a_search_goes_on_where_nobody_reads_what_it_says(
    tmp_path: Path, start: Start, check_trials: Check
) -> None:
    search = start(tmp_path, *SEARCH.split())
    search.read_until("trial 0 starts")
    search.process.stdout.close()
    search.process.wait(timeout=600)
    assert check_trials(tmp_path) == [1, 1]


def test_ctrl_c_twice_loses_nothing(
    tmp_path: Path, start: Start, run_here: RunHere, check_trials: Check
) -> None:
    # While workers begin, and while they train.
    for sign, wait in (("scored and pruned after", 0.8), ("trial 0 starts", 0.0)):
        search = start(tmp_path, *SEARCH.split())
        search.read_until(sign)
        time.sleep(wait)
        os.killpg(search.process.pid, signal.SIGINT)
        time.sleep(MOMENT_SECONDS)
        os.killpg(search.process.pid, signal.SIGINT)
        search.finish(130)
        _check_nothing_runs(tmp_path)
    assert run_here(tmp_path, *SEARCH.split()) == 0
    assert check_trials(tmp_path)[0] > 1


def test_what_timeout_sends_is_one_request(
    tmp_path: Path, start: Start, run_here: RunHere, check_trials: Check
) -> None:
    """A signal to the program and one to its group, at once: the trial is put back all the same."""
    search = start(tmp_path, *SEARCH.split())
    search.read_until("trial 0 starts")
    search.process.send_signal(signal.SIGTERM)
    os.killpg(search.process.pid, signal.SIGTERM)
    assert "trial 0 interrupted" in search.finish(130)
    assert run_here(tmp_path, *SEARCH.split()) == 0
    assert check_trials(tmp_path) == [2, 1]


def _check_nothing_runs(folder: Path) -> None:
    """Every trial waits, or its worker is gone, so that the next call takes it."""
    storage = open_storage(str(folder / "runs" / "studies.db"), create=False)
    study = optuna.load_study(study_name="points", storage=storage)
    queue = queue_of(study)
    assert queue is not None
    assert all(job.owner is not None and job.owner.is_gone() for job in queue.leased())
    assert {trial.state.name for trial in study.get_trials()} <= {"WAITING", "RUNNING"}


def test_another_machine_goes_on_from_a_url_bit_for_bit(
    tmp_path: Path, begin_study: Begin, start: Start
) -> None:
    urls = {study: f"file://{tmp_path / study}/shared" for study in ("whole", "moved")}

    def work(machine: str) -> Any:
        # All that a machine keeps to itself is in its cache.
        cache = str(tmp_path / machine)
        command = ("worker", "--study", "points", "--out", urls["moved"])
        return start(tmp_path / "moved", *command, NAS_GAN_CACHE=cache)

    for study in urls:
        begin_study(tmp_path / study, trials=1, images=9_000)
    storage = str(tmp_path / "whole" / "runs" / "studies.db")
    run_worker(WorkerJob(storage, "points", threads=1, out=urls["whole"]), lambda _: None, lambda: None)
    first = work("first")
    first.read_until("trial 0 after 1,000 images")
    first.process.send_signal(signal.SIGTERM)
    assert "trial 0 interrupted" in first.finish(130)
    shutil.rmtree(tmp_path / "first")
    assert "trial 0 goes on after" in work("second").finish()
    runs = [tmp_path / study / "shared" / "points" / "0" for study in urls]
    whole, moved = ({path.name: path.read_bytes() for path in run.iterdir()} for run in runs)
    assert whole.keys() == moved.keys()
    assert [name for name in whole if whole[name] != moved[name]] == ["record.json"]
    assert {"generator.safetensors", "discriminator.safetensors", "samples-9000.png"} <= whole.keys()
    assert len(list((tmp_path / "moved" / "shared" / "artifacts").iterdir())) == 3
    assert [path for path in (tmp_path / "second" / "runs").rglob("*") if path.is_file()] == []
    rungs, curves = zip(*(_what_happened(run) for run in runs), strict=True)
    assert rungs[0] == rungs[1]
    assert curves[0] == curves[1]


def _what_happened(run: Path) -> tuple[list[RungRecord], list[dict[str, float]]]:
    """Scores and curve of a run, without how long they took."""
    record = load_record(run)
    timeless = {"training_seconds": 0.0, "scoring_seconds": 0.0}
    rungs = [rung.model_copy(update=timeless) for rung in record.rungs]
    return rungs, [point | {"images_per_second": 0.0} for point in record.curve]


def test_gpus_that_are_not_there_are_one_line(tmp_path: Path, program: Program) -> None:
    done = program("search", "--space", "plane", "--data", "swiss_roll", "--gpus", "0,97", folder=tmp_path)
    assert done.returncode == 2
    assert "--gpus 0,97: this machine has" in done.stderr
    assert len(done.stderr.splitlines()) == 1
