"""Searches while workers are killed with SIGKILL at random moments, then counts what was lost.

    python scripts/soak_faults.py
    python scripts/soak_faults.py --kills 100 --storage postgresql+psycopg://localhost/soak
    python scripts/soak_faults.py --promote --finalists 4

Every kill hits a process that holds a trial; of five kills one hits the search alone, and one all workers and the
search at once, as a power cut would. A search that gives up, or is killed, is started again by the same command; one
that ends before all kills are done gets more trials. Trials are of points of the plane and take seconds. Exits with 1
if a trial was lost, ended twice, was trained twice, or left a torn or a superfluous file. With `--finalists` the best
are trained again with fresh seeds at each end of the search, and are killed and counted likewise.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.artifacts import get_all_artifact_meta
from optuna.trial import FrozenTrial, TrialState
from PIL import Image

from nas_gan.jobs.job import Job
from nas_gan.jobs.queue import JobQueue
from nas_gan.nets import load_discriminator, load_generator
from nas_gan.runs.record import load_record, parse_record
from nas_gan.search.catalogue import queue_of, rank
from nas_gan.search.repeats import repeat_of, repeats_queue
from nas_gan.search.storage.database import open_storage

STUDY = "soak"
BAD_INPUT = 2
# Of so many kills one is of each of these kinds; the others hit a worker.
KINDS, THE_SEARCH, EVERYTHING = 5, 1, 2


@dataclass
class Soak:
    """One soak: where, how large, and how often to kill. `trials` grows where they don't last for all kills."""

    folder: Path
    storage: str
    kills: int
    trials: int
    workers: int
    images: int
    seed: int
    promote: bool = False
    finalists: int = 0
    _study: optuna.Study | None = None
    _queue: JobQueue | None = None
    _repeats: JobQueue | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start the search, or go on with it."""
        command = [
            *(sys.executable, "-m", "nas_gan", "search", "--space", "plane", "--data", "swiss_roll"),
            *("--limit", "500", "--images", str(self.images), "--study", STUDY, "--storage", self.storage),
            *("--protocol", "plane-1k", "--trials", str(self.trials), "--workers", str(self.workers)),
            *("--heartbeat", "1s", "--out", "runs"),
            *(("--promote",) if self.promote else ()),
            *("--finalists", str(self.finalists)),
        ]
        with (self.folder / "search.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def run(self) -> Counter[str]:
        """Search and kill until the budget is met; say how often what was killed."""
        pick, killed = random.Random(self.seed), Counter[str]()
        search, kill_at = self.start(), 1
        try:
            while (code := search.poll()) != 0 or killed["kills"] < self.kills:
                if code == BAD_INPUT:
                    sys.exit((self.folder / "search.log").read_text())
                if code == 0:
                    self.trials += self.workers
                if code is not None:
                    killed["searches started again"] += 1
                    search = self.start()
                if killed["kills"] < self.kills and self._rungs() >= kill_at:
                    time.sleep(pick.uniform(0.0, 2.0))
                    self._kill(pick, search, killed)
                    # A new process takes seconds to begin: without this, kills would hit nothing but beginnings.
                    kill_at = self._rungs() + 1
                else:
                    time.sleep(0.3)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(search.pid, signal.SIGKILL)
        return killed

    def _rungs(self) -> int:
        """Say how often trials have been scored so far, and repeats leased."""
        study = self.study()
        if study is None or self._repeats is None:
            return 0
        scored = sum(len(trial.intermediate_values) for trial in study.get_trials(deepcopy=False))
        return scored + sum(job.leases for job in self._repeats.all())

    def _kill(self, pick: random.Random, search: subprocess.Popen[bytes], killed: Counter[str]) -> None:
        holders = self._holders()
        if not holders:
            return
        kind = killed["kills"] % KINDS
        if kind == THE_SEARCH:
            os.kill(search.pid, signal.SIGKILL)
            search.wait()
            killed["the search alone"] += 1
        elif kind == EVERYTHING:
            os.killpg(search.pid, signal.SIGKILL)
            search.wait()
            killed["workers"] += len(holders)
            killed["everything at once"] += 1
        else:
            killed["workers"] += _kill(pick.choice(holders))
        killed["kills"] += 1
        killed["kills with a repeat at work"] += bool(self._repeats and self._repeats.leased())

    def _holders(self) -> list[int]:
        """List the processes that hold a trial or a repeat."""
        queues = (self._queue, self._repeats) if self.study() else ()
        jobs = [job for queue in queues if queue is not None for job in queue.leased()]
        return [job.owner.number for job in jobs if job.owner is not None and not job.owner.is_gone()]

    @property
    def storage_path(self) -> str:
        """The database, seen from here."""
        return self.storage if "://" in self.storage else str(self.folder / self.storage)

    def study(self) -> optuna.Study | None:
        """Return the study, once there is one."""
        if self._study is None and ("://" in self.storage or (self.folder / self.storage).exists()):
            storage = open_storage(self.storage_path, create=True)
            if STUDY in optuna.get_all_study_names(storage):
                self._study = optuna.load_study(study_name=STUDY, storage=storage)
                self._queue, self._repeats = queue_of(self._study), repeats_queue(self._study)
        return self._study


def _kill(process: int) -> int:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def count_losses(soak: Soak) -> dict[str, Any]:
    """Return what the soak left: numbers that tell, and everything that is wrong."""
    study = soak.study()
    if study is None:
        return {"wrong": ["there is no study"]}
    trials = study.get_trials(deepcopy=False)
    ended = [trial for trial in trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    own = [trial for trial in ended if not json.loads(trial.user_attrs["record"])["reused_from"]]
    recipes = Counter(trial.user_attrs["recipe_hash"] for trial in own)
    twice = sum(count - 1 for count in recipes.values())
    wrong = [
        f"trial {trial.number} is {trial.state.name}" for trial in trials if not trial.state.is_finished()
    ]
    if len(ended) != soak.trials:
        wrong.append(f"{len(ended)} of {soak.trials} trials have ended")
    if [trial.number for trial in trials] != list(range(len(trials))):
        wrong.append("numbers of trials are missing or occur twice")
    wrong += [f"{twice} recipes were trained twice"] if twice else []
    wrong += [f"trial {trial.number} failed" for trial in trials if trial.state == TrialState.FAIL]
    for trial in own:
        wrong += _torn_files(soak.folder / "runs" / STUDY / str(trial.number), trial)
        wrong += _torn_artifacts(soak, trial)
    ranking, best = rank(study), _best_of_records(soak, own)
    first = min((trial.value for trial in ranking if trial.value is not None), default=None)
    if ranking and (first != best or study.best_value != best):
        wrong.append(f"the best value is {first}, and {best} by the records")
    queue = queue_of(study)
    jobs = [] if queue is None else queue.all()
    wrong += [f"job {job.number} is {job.state}" for job in jobs if not (job.has_ended and job.closed)]
    if sorted(job.number for job in jobs if job.number is not None) != [trial.number for trial in trials]:
        wrong.append("jobs and trials aren't the same")
    wrong += [
        f"trial {job.number} has other scores in its job than in Optuna"
        for job, trial in zip(sorted(jobs, key=lambda job: job.number or 0), trials, strict=False)
        if any(trial.intermediate_values.get(step) != value for step, (value,) in job.scores.items())
    ]
    repeats, lost = _check_repeats(soak, study)
    wrong += lost
    return {
        "repeats": len(repeats),
        "leases of repeats": sum(job.leases for job in repeats),
        "trials": len(ended),
        "reused": len(ended) - len(own),
        "leases": sum(job.leases for job in jobs),
        "most leases of a trial": max(job.leases for job in jobs),
        "pauses": (soak.folder / "search.log").read_text().count(" paused ("),
        "lost": soak.trials - len(ended),
        "trained twice": twice,
        "wrong": wrong,
    }


def _check_repeats(soak: Soak, study: optuna.Study) -> tuple[list[Job], list[str]]:
    """List the repeats, and what is wrong with them: each seed once, to its end, with its whole run."""
    queue = repeats_queue(study)
    jobs = [] if queue is None else queue.all()
    log, wrong = (soak.folder / "search.log").read_text(), []
    for job in jobs:
        repeat = repeat_of(job)
        name = f"repeat {repeat.key} of trial {repeat.number}"
        folder = soak.folder / "runs" / STUDY / repeat.folder
        if job.state != "done":
            wrong.append(f"{name} is {job.state}")
            continue
        told = log.count(f"trial {repeat.number} with fresh seed {repeat.key} complete")
        wrong += [f"{name} was trained {told} times"] if told > 1 else []
        try:
            if load_record(folder).seed != job.seed:
                wrong.append(f"{name} has another seed in its run")
            load_generator(load_record(folder).architecture, folder / "generator.safetensors")
        except Exception as error:
            wrong.append(f"{folder}: {type(error).__name__}: {error}")
        wrong += [f"{path}: was left behind" for path in (*folder.glob("checkpoint-*"), *folder.glob(".*"))]
    wrong += ["a seed was trained twice"] if len({job.seed for job in jobs}) < len(jobs) else []
    wrong += ["there are no repeats"] if soak.finalists and not jobs else []
    return jobs, wrong


def _torn_files(folder: Path, trial: FrozenTrial) -> list[str]:
    """Return what is wrong with the files of a trial that was trained."""
    stored = parse_record(trial.user_attrs["record"], f"trial {trial.number}")
    wrong = []
    try:
        if load_record(folder) != stored:
            wrong.append(f"{folder}: the record differs from the database's")
        if stored.rungs:
            load_generator(stored.architecture, folder / "generator.safetensors")
            load_discriminator(stored.architecture, folder / "discriminator.safetensors")
        for rung in stored.rungs:
            with Image.open(folder / f"samples-{rung.images_seen}.png") as picture:
                picture.load()
    except Exception as error:
        wrong.append(f"{folder}: {type(error).__name__}: {error}")
    left = (*folder.glob("checkpoint-*"), *folder.glob(".*"))
    wrong += [f"{path}: was left behind" for path in left]
    return wrong


def _torn_artifacts(soak: Soak, trial: FrozenTrial) -> list[str]:
    wrong = []
    for meta in get_all_artifact_meta(trial, storage=open_storage(soak.storage_path, create=False)):
        try:
            with Image.open(soak.folder / "runs" / "artifacts" / meta.artifact_id) as picture:
                picture.load()
        except OSError as error:
            wrong.append(f"artifact {meta.artifact_id} of trial {trial.number}: {error}")
    return wrong


def _best_of_records(soak: Soak, own: list[FrozenTrial]) -> float | None:
    records = [load_record(soak.folder / "runs" / STUDY / str(trial.number)) for trial in own]
    values = [
        record.rungs[-1].scores.transport_distance for record in records if record.outcome == "complete"
    ]
    return min((value for value in values if value is not None), default=None)


def main() -> None:
    """Soak, count and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=30, help="how often to kill (default 30)")
    parser.add_argument("--trials", type=int, help="trials in total, at first (default: 2 a kill)")
    parser.add_argument("--workers", type=int, default=3, help="workers side by side (default 3)")
    parser.add_argument("--images", type=int, default=18000, help="images a trial (default 18000)")
    parser.add_argument("--storage", default="studies.db", help="database (default: SQLite in the folder)")
    parser.add_argument("--folder", type=Path, help="empty folder to work in (default: a temporary one)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills (default 0)")
    parser.add_argument(
        "--promote", action="store_true", help="let paused trials go on when worse ones have come"
    )
    parser.add_argument("--finalists", type=int, default=0, help="of each end of the search (default none)")
    given = parser.parse_args()
    # So that a soak which is ended takes its search along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        trials = given.trials or 2 * given.kills
        soak = Soak(
            folder,
            given.storage,
            given.kills,
            trials,
            given.workers,
            given.images,
            given.seed,
            given.promote,
            given.finalists,
        )
        began = time.monotonic()
        killed = soak.run()
        facts = dict(killed) | count_losses(soak) | {"seconds": round(time.monotonic() - began)}
    wrong = facts.pop("wrong")
    for name, value in facts.items():
        print(f"{name:24}{value:>8}")
    for line in wrong:
        print("WRONG:", line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
