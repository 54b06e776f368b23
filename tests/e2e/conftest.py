"""What tests of whole programs share: a small study that is only read, and running programs that are done harm to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import final

import optuna
import pytest

from nas_gan.cli import main
from nas_gan.runs.record import load_record
from nas_gan.search.catalogue import queue_of
from nas_gan.search.search import prepare_search
from nas_gan.search.settings import SearchSettings
from nas_gan.search.storage.database import open_storage

Program = Callable[..., "subprocess.CompletedProcess[str]"]

SEARCH = ("search", "--space", "tiny", "--limit", "320", "--images", "270", "--protocol", "classifier-1k")


@pytest.fixture(scope="session")
def program() -> Program:
    """Run `python -m nas_gan` as its own process, in a folder, without a terminal."""

    def run(*arguments: str, folder: Path, seconds: float = 900) -> subprocess.CompletedProcess[str]:
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


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Run the program in this process, in a folder: `run_here(folder, "train", …)` gives its exit code."""

    def run(folder: Path, *arguments: str) -> int:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["nas_gan", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.run()
        code = ended.value.code or 0
        assert isinstance(code, int)
        return code

    return run


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Path:
    """A folder with `runs/`, in which the study `tiny-mnist5k` has six trials, and `said`, what was said of them."""
    folder = tmp_path_factory.mktemp("place")
    done = program(*SEARCH, "--trials", "6", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "said").write_text(done.stdout + done.stderr)
    return folder


@final
class RunningProgram:
    """`python -m nas_gan`, in a process group of its own, whose lines are read as they come."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], settings: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "nas_gan", *arguments],
            cwd=folder,
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.seen = ""

    def read_until(self, words: str) -> None:
        """Read lines up to one with these words."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen += line
            if words in line:
                return
        pytest.fail(f"{words!r} was never said: {self.seen}")

    def finish(self, *codes: int) -> str:
        """Wait for the end, which is to be without a traceback and 0, or one of these; give all that was said."""
        self.seen += self.process.communicate(timeout=600)[0]
        assert "Traceback" not in self.seen, self.seen
        assert self.process.returncode in (codes or (0,)), self.seen
        return self.seen


@pytest.fixture
def start() -> Iterator[Callable[..., RunningProgram]]:
    """Start the program in a folder: `start(folder, "search", …)`; names are added to its environment."""
    programs: list[RunningProgram] = []

    def start(folder: Path, *arguments: str, **settings: str) -> RunningProgram:
        programs.append(RunningProgram(folder, arguments, settings))
        return programs[-1]

    yield start
    for program in programs:
        program.process.kill()
        program.process.wait()
        if program.process.stdout is not None:
            program.process.stdout.close()


@pytest.fixture
def start_worker(start: Callable[..., RunningProgram]) -> Callable[..., RunningProgram]:
    """Start a worker in a folder, of the study that was begun there."""
    return lambda folder, **settings: start(folder, "worker", "--study", "points", **settings)


@pytest.fixture
def begin_study() -> Callable[..., None]:
    """Begins a study in a folder, of trials that take some seconds each."""

    def begin(folder: Path, trials: int = 2, out: str | None = None, images: int = 4_500) -> None:
        config = SearchSettings(
            study="points",
            space="plane",
            data="swiss_roll",
            limit=300,
            storage=str(folder / "runs" / "studies.db"),
            trials=trials,
            images=images,
            protocol="plane-1k",
            sampler="tpe",  # whose first trials train to their end
            pruner="none",
            out=out or str(folder / "runs"),
            heartbeat_seconds=0.5,
        )
        prepare_search(config, lambda _: None)

    return begin


@pytest.fixture
def check_trials() -> Callable[..., list[int]]:
    """Check that two trials have ended once, with whole records; say how often each was leased."""

    def check(folder: Path, out: Path | None = None) -> list[int]:
        storage = open_storage(str(folder / "runs" / "studies.db"), create=False)
        study = optuna.load_study(study_name="points", storage=storage)
        trials, queue = study.get_trials(), queue_of(study)
        assert [trial.state.name for trial in trials] == ["COMPLETE", "COMPLETE"]
        for trial in trials:
            run = (out or folder / "runs") / "points" / str(trial.number)
            assert load_record(run).to_json() == trial.user_attrs["record"]
            assert not list(run.glob("checkpoint*"))
        assert queue is not None
        assert queue.unclosed() == []
        return [job.leases for job in queue.all()]

    return check


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
