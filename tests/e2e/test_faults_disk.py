"""Disks that are full, or that can't be written for a while, or at all."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Program = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., Any]
Begin = Callable[..., None]
Check = Callable[..., list[int]]

SEARCH = ("search", "--space", "plane", "--data", "swiss_roll", "--limit", "300", "--trials", "1")

LEAVE_A_LOG = """
import os, sys
import optuna
from nas_gan.search.storage.database import open_storage
optuna.create_study(study_name="other", storage=open_storage(sys.argv[1], create=True))
os._exit(0)
"""


def _remount(disk: Path, how: str) -> None:
    """Makes a disk `ro` or `rw`, as soon as no file of it is open for writing."""
    deadline = time.monotonic() + 60
    while subprocess.run(
        ["mount", "-o", f"remount,{how}", str(disk)], capture_output=True, check=False
    ).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_waits_for_its_quota(
    tmp_path: Path, begin_study: Begin, start_worker: Start, check_trials: Check
) -> None:
    begin_study(tmp_path)
    worker = start_worker(tmp_path)
    worker.read_until("trial 0 starts")
    soft, hard = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
    # No file may grow any more: neither samples nor the database.
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (0, hard))
    worker.read_until("waiting, nothing is lost")
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    assert "of waiting" in worker.finish()
    assert check_trials(tmp_path) == [1, 1]


def test_a_worker_waits_for_a_full_disk(
    small_disk: Path, begin_study: Begin, start_worker: Start, check_trials: Check
) -> None:
    begin_study(small_disk)
    worker = start_worker(small_disk)
    worker.read_until("trial 0 starts")
    with (small_disk / "rubbish").open("wb", buffering=0) as rubbish, contextlib.suppress(OSError):
        while True:
            rubbish.write(bytes(4096))
    worker.read_until("waiting, nothing is lost")
    assert "No space left on device" in worker.seen or "full" in worker.seen
    (small_disk / "rubbish").unlink()
    assert "of waiting" in worker.finish()
    assert check_trials(small_disk) == [1, 1]


def test_a_worker_waits_for_a_folder_that_is_read_only(
    tmp_path: Path, small_disk: Path, begin_study: Begin, start_worker: Start, check_trials: Check
) -> None:
    begin_study(tmp_path, out=str(small_disk))
    worker = start_worker(tmp_path)
    worker.read_until("trial 0 starts")
    _remount(small_disk, "ro")
    worker.read_until("(Read-only file system); waiting, nothing is lost")
    _remount(small_disk, "rw")
    assert "of waiting" in worker.finish()
    assert check_trials(tmp_path, small_disk) == [1, 1]


def test_a_search_that_can_write_nothing_is_one_line(
    tmp_path: Path, small_disk: Path, program: Program
) -> None:
    # A process that was killed leaves the log of its database, with which it can be read from such a disk, too.
    subprocess.run([sys.executable, "-c", LEAVE_A_LOG, str(small_disk / "studies.db")], check=True)
    before = (small_disk / "studies.db").read_bytes()
    _remount(small_disk, "ro")
    for option, other in (("--out", "--storage"), ("--storage", "--out")):
        place = {"--out": small_disk / "runs", "--storage": small_disk / "studies.db"}[option]
        elsewhere = {"--out": "runs", "--storage": "studies.db"}[other]
        done = program(*SEARCH, option, str(place), other, elsewhere, folder=tmp_path)
        assert done.returncode == 2, done.stderr
        assert [
            line for line in done.stderr.splitlines() if line.startswith(f"error: {option} {place}: can't")
        ]
        assert len(done.stderr.splitlines()) == 1
    assert (small_disk / "studies.db").read_bytes() == before
    assert not (tmp_path / "studies.db").exists()
    assert list((tmp_path / "runs").iterdir()) == []
