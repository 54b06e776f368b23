"""Trains a run in child processes that are killed at random moments, until one of them ends it.

    python kill_and_continue.py FOLDER KILLS

Each is killed soon after the first checkpoint of its own, so that all get on.

The architecture and the numbers are those of test_run_checkpoint.py, which runs this in a process of its own:
it forks, so that each child has PyTorch at once.
"""

from __future__ import annotations

import os
import random
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

import nas_gan.training.trainer
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources
from nas_gan.runs.training_run import train_through
from nas_gan.spec import Architecture

SHARED = runpy.run_path(str(Path(__file__).with_name("test_run_checkpoint.py")))


def build(folder: Path, resources: Resources) -> Run:
    def say(line: str) -> None:
        print(line, flush=True)

    architecture = Architecture.from_tree(SHARED["ARCHITECTURE"], "test")
    checkpoints = Checkpoints(folder, say, interval_seconds=0.01)
    return Run(
        architecture,
        resources,
        folder,
        3,
        SHARED["BUDGETS"][-1],
        precision="float32",
        checkpoints=checkpoints,
    )


def train(folder: Path, resources: Resources) -> None:
    run = build(folder, resources)
    run.resume()
    train_through(run, SHARED["BUDGETS"], lambda _: None, lambda _: None)


def main(folder: Path, kills: int) -> None:
    nas_gan.training.trainer.PROGRESS_SECONDS = 0.0
    chance = random.Random(0)
    resources: Any = SHARED["load_small"]()
    build(folder, resources)  # what PyTorch imports only now, no child has to
    for kill in range(kills + 1):
        child = os.fork()
        if child == 0:
            train(folder, resources)
            os._exit(0)
        if kill < kills and writes_another(folder, child):
            time.sleep(chance.uniform(0.0, 0.03))
            os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != -signal.SIGKILL:
            sys.exit(code)
        print("killed", flush=True)


def writes_another(folder: Path, child: int) -> bool:
    """Waits until the folder holds another checkpoint than it did; False where the child ends without."""
    before = set(folder.glob("checkpoint-*"))
    while not set(folder.glob("checkpoint-*")) - before:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return False
        time.sleep(0.001)
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
