"""A run of `train` that is stopped, and the same command again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nas_gan.files import is_beside, name_beside
from nas_gan.runs.record import load_record

TRAIN = (
    *(sys.executable, "-m", "nas_gan", "train", "reference/thesis_plane_m0_bn", "--data", "swiss_roll"),
    *("--images", "16k", "--scorings", "4", "--protocol", "plane-1k"),
)


def _train(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TRAIN, "-o", name], cwd=folder, capture_output=True, text=True, check=False)


def test_a_stopped_run_goes_on_and_ends_as_if_it_had_not_been(
    tmp_path: Path, run_here: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    whole = _train(tmp_path, "whole")
    assert whole.returncode == 0, whole.stderr
    with subprocess.Popen(
        [*TRAIN, "-o", "stopped"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "after 4,000 images" in line:
                process.send_signal(signal.SIGSTOP)
                assert run_here(tmp_path, *TRAIN[3:], "-o", "stopped") == 2
                assert "-o stopped: another `train` is at it" in capfd.readouterr().err
                for number in (signal.SIGCONT, signal.SIGTERM, signal.SIGINT):
                    process.send_signal(number)
                break
        rest = process.stdout.read()
    assert process.returncode == 130, rest
    assert "The same command goes on." in rest
    assert load_record(tmp_path / "stopped").outcome == "interrupted"

    again = _train(tmp_path, "stopped")
    assert again.returncode == 0, again.stderr
    assert "] after 4,000 images" not in again.stdout
    records = [load_record(tmp_path / name) for name in ("whole", "stopped")]
    scores = [[rung.scores.transport_distance for rung in record.rungs] for record in records]
    assert scores[0] == scores[1]
    assert len(scores[0]) == 4
    weights = [(tmp_path / name / "generator.safetensors").read_bytes() for name in ("whole", "stopped")]
    assert weights[0] == weights[1]
    assert not list((tmp_path / "stopped").glob("checkpoint-*"))

    # What was only half written before there was a checkpoint is in nobody's way.
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / name_beside("generator.safetensors")).write_bytes(b"hal")
    capfd.readouterr()
    assert run_here(tmp_path, *TRAIN[3:], "--images", "2k", "-o", "begun", "--quiet") == 0
    said = capfd.readouterr()
    assert said.out.startswith("kept in begun\n"), said
    assert said.err == ""
    assert all(not is_beside(path.name) for path in (tmp_path / "begun").iterdir())

    # What has ended isn't trained over.
    capfd.readouterr()
    assert run_here(tmp_path, *TRAIN[3:], "-o", "stopped") == 2
    refused = capfd.readouterr().err
    assert refused.count("\n") == 1
    assert "exists already" in refused


def test_a_stopped_run_is_not_continued_as_another(
    tmp_path: Path, run_here: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen(
        [*TRAIN, "-o", "stopped"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "after 4,000 images" in line:
                process.kill()
                break
    code = run_here(tmp_path, *TRAIN[3:], "-o", "stopped", "--seed", "7", "--json")
    out, err = capfd.readouterr()
    assert code == 2, out
    assert "seed" in err
    assert list((tmp_path / "stopped").glob("checkpoint-*"))
