"""Recording on the real command line, killed and continued."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nas_gan.errors import InputError
from nas_gan.spec import recipe_hash
from nas_gan.table import Row
from nas_gan.table.log import open_log, read_rows
from nas_gan.table.recording import Recording, choose_spread, count_left, record
from nas_gan.table.sets import SETS
from nas_gan.table.training import Assignment, TableTrainer

MakeRow = Callable[..., Row]
SCRIPT = Path(__file__).parents[2] / "scripts" / "record_table.py"
RECORD = ("record", "--set", "enumerated-14", "--scored-at", "32", "64", "--nice", "0")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *RECORD, "--folder", str(folder), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return process.communicate(timeout=600)
    finally:
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None


def wait_for_rows(path: Path, count: int) -> None:
    deadline = time.monotonic() + 600
    while not path.is_file() or path.read_text().count("\n") < count:
        assert time.monotonic() < deadline, "no rows came"
        time.sleep(0.1)


def test_a_killed_recording_goes_on_until_it_is_stopped(tmp_path: Path) -> None:
    rows_file = tmp_path / "enumerated-14.jsonl"
    process = start(tmp_path, "--workers", "2")
    wait_for_rows(rows_file, 1)
    process.kill()
    process.communicate(timeout=60)
    before = rows_file.read_bytes()
    with rows_file.open("ab") as file:
        file.write(b'{"format":1,"set":"enum')  # what a kill in the middle of a line would leave
    count = before.count(b"\n")

    process = start(tmp_path, "--workers", "1")
    wait_for_rows(rows_file, count + 1)
    process.send_signal(signal.SIGINT)
    _, complaints = finish(process)
    assert process.returncode == 130
    assert "stopped; the same command goes on" in complaints
    assert "Traceback" not in complaints
    assert rows_file.read_bytes().startswith(before)
    rows = read_rows(rows_file)
    assert len(rows) > count
    assert len({(row.index, row.seed) for row in rows}) == len(rows)
    # The first indices are there, whatever was under way when the first process was killed.
    assert {(0, 0), (0, 1)} <= {(row.index, row.seed) for row in rows}
    for row in rows:
        assert [rung.images_seen for rung in row.rungs] == [32, 64]
        assert recipe_hash(row.read_architecture()) == row.recipe_hash
        assert (row.outcome, row.made.protocol["resolution"]) == ("complete", 14)
        assert (row.rungs[0].small is not None) == (row.index % 4 == 0 and row.seed == 0)


def test_the_same_job_gives_the_same_row_and_rows_of_other_rungs_are_not_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rungs = ("--scored-at", "8", "32", "--limit", "1", "--nice", "0", "--folder", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["record_table.py", "record", "--set", "enumerated-14", *rungs])
    assert runpy.run_path(str(SCRIPT))["main"]() == 0
    recording = Recording(tmp_path, limit=1, nice=0, scored_at=(8, 32))
    assert f"1 run recorded into {recording.path('enumerated-14')}" in capsys.readouterr().out
    (row,) = read_rows(recording.path("enumerated-14"))
    job = ("set", "index", "seed", "origin", "parent", "space", "space_fingerprint", "holes", "point")
    facts = {name: getattr(row, name) for name in (*job, "architecture")}
    again = TableTrainer(14).train(Assignment(**facts, scored_at=row.planned, code=row.made.code))
    seconds = {"training_seconds", "scoring_seconds", "cpu_seconds"}
    scores = [[rung.model_dump(exclude=seconds) for rung in found.rungs] for found in (row, again)]
    assert scores[0] == scores[1]
    # The first update of 16 images reaches the first rung.
    assert scores[0][0]["window"] != scores[0][1]["window"]
    assert again.architecture == row.architecture
    with pytest.raises(InputError, match="scored after 8, 32 images, not after 16, 32; record into another"):
        record(SETS["enumerated-14"], replace(recording, scored_at=(16, 32)), lambda _: None)


def test_copies_want_their_source(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"random-14.jsonl: has 0 architectures.*record random-14 first"):
        count_left(SETS["random-28"], Recording(tmp_path))


def test_copies_are_of_the_rows_that_are_there(tmp_path: Path, make_row: MakeRow) -> None:
    with open_log(tmp_path / "random-14.jsonl") as log:
        for index in (0, 1, 101):
            log.add(make_row(index, (3.0, 2.0, 1.0)))
    assert count_left(SETS["random-28"], Recording(tmp_path)) == 3 + 1
    with pytest.raises(InputError, match="has 3 architectures, and long-14 takes its own from 200 or more"):
        count_left(SETS["long-14"], Recording(tmp_path))


def test_a_spread_goes_from_the_best_to_the_worst(make_row: MakeRow) -> None:
    rows = {index: make_row(index, (3.0, 2.0, 100.0 - index)) for index in range(15)}
    rows[99] = make_row(99, (3.0,))
    assert sorted(choose_spread(rows, 8)) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert choose_spread({99: rows[99]}, 8) == {}
