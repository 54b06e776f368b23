"""The bench of a GPU runs on a CPU, too: every loop takes its updates, and what there's no time for is named."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "bench_gpu.py"


def test_it_runs_on_a_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("bench_gpu", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    few = {
        "BATCH": 2,
        "UPDATES_A_TURN": 1,
        "WORKERS": (),
        "CONNECTIONS": {"plain": bench.CONNECTIONS["plain"]},
    }
    for name, value in few.items():
        monkeypatch.setattr(bench, name, value)
    file = tmp_path / "gpu.json"
    options = ["--device", "cpu", "--minutes", "0.8", "--seconds", "0", "-o", str(file)]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *options])
    assert bench.main() == 0
    found = json.loads(file.read_text())
    assert found["left_out"] == ["search"]
    assert found["device"] == "cpu"
    assert all(speed > 0 for loops in found["loops"].values() for speed in loops.values())
    assert found["variants"].pop("bare, CUDA graph").startswith("RuntimeError: a CPU has no CUDA graphs")
    assert all(speed > 0 for speed in found["variants"].values())
