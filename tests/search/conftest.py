"""Studies of points of the plane that take a second, and one trial as a worker runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

from nas_gan.jobs.job import Decision, Job
from nas_gan.jobs.lease import Lease
from nas_gan.jobs.owner import new_token
from nas_gan.search.closing import Closing
from nas_gan.search.events import Event
from nas_gan.search.objective import Objective
from nas_gan.search.search import PreparedSearch, prepare_search
from nas_gan.search.settings import SearchSettings
from nas_gan.search.trials import Trials, open_queue
from nas_gan.search.worker import WorkerJob, run_worker
from nas_gan.store.retry import Retry

RunTrial = Callable[..., FrozenTrial]

SPACE = """
[generator]
kind = "perceptron"
latent_dim = { int = [2, 60] }
[[generator.hidden]]
width = 8
[discriminator]
kind = "perceptron"
[[discriminator.hidden]]
width = 8
"""


@pytest.fixture(scope="session")
def points_space() -> str:
    """A space of small perceptrons with one hole, as TOML."""
    return SPACE


@pytest.fixture(scope="session")
def prepare_points() -> Callable[..., PreparedSearch]:
    """Prepares a study of two trials, `points`: `prepare_points(folder, finalists)`; its space is `mine.toml` there."""

    def prepare(folder: Path, finalists: int | None = None) -> PreparedSearch:
        (folder / "mine.toml").write_text(SPACE)
        settings = SearchSettings(
            study="points",
            space=str(folder / "mine.toml"),
            data="swiss_roll",
            limit=200,
            storage=str(folder / "studies.db"),
            trials=2,
            images=200,
            protocol="plane-1k",
            sampler="random",
            pruner="none",
            finalists=finalists,
            out=str(folder / "runs"),
        )
        return prepare_search(settings, lambda _: None)

    return prepare


@pytest.fixture(scope="session")
def work_at() -> Callable[..., list[Event]]:
    """Runs a worker in this process: `work_at(prepared, on_event)` gives what it told."""

    def work(
        prepared: PreparedSearch,
        on_event: Callable[[Event], None] = lambda _: None,
        trials: int | None = None,
    ) -> list[Event]:
        events: list[Event] = []

        def emit(event: Event) -> None:
            events.append(event)
            on_event(event)

        job = WorkerJob(prepared.config.storage, "points", threads=1, device="cpu", trials=trials)
        run_worker(job, emit, lambda: None)
        return events

    return work


@pytest.fixture
def run_trial() -> RunTrial:
    """Runs the oldest trial that waits, or a new one: `run_trial(objective, storage, check=stop)`."""

    def run(
        objective: Objective, storage: RDBStorage, check: Callable[[], None] = lambda: None
    ) -> FrozenTrial:
        study = optuna.load_study(study_name=objective.study, storage=storage)
        queue = open_queue(storage, study)
        trials = Trials(storage, objective.study, queue)
        job = trials.take(new_token(), wanted=1000)
        assert isinstance(job, Job)
        assert job.number is not None
        lease = Lease(queue, job, Retry(pytest.fail, lambda: None), check, lambda: None)
        result = objective.run(trials.open(job), lease, lambda *_: Decision("continue"))
        if result.outcome == "interrupted":
            assert queue.release(job, result.ending())
        else:
            assert queue.end(job, result.ending())
            Closing(trials, objective.study, str(objective.out)).close(job.number)
        return study.get_trials()[job.number]

    return run
