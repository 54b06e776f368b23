"""A small study that the real command line made on real digits, for tests that only read it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Program = Callable[..., "subprocess.CompletedProcess[str]"]

SEARCH = ("search", "--space", "tiny", "--limit", "320", "--images", "270", "--protocol", "classifier-1k")


@pytest.fixture(scope="session")
def program() -> Program:
    """Runs `python -m nas_gan` as its own process, in a folder, without a terminal."""

    def run(*arguments: str, folder: Path, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "nas_gan", *arguments],
            cwd=folder,
            env=os.environ | {"COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Path:
    """A folder with `runs/`, in which the study `tiny-mnist5k` has ten trials."""
    folder = tmp_path_factory.mktemp("place")
    done = program(*SEARCH, "--trials", "10", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
