"""A worker process: takes trials of a study, one after the other, until there are none left."""

from __future__ import annotations

import os
import signal
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from types import FrameType
from typing import final

from nas_gan.errors import InputError
from nas_gan.study.config import SearchConfig
from nas_gan.study.events import Event, TrialEnded, WorkerStopped

MAX_TURNED_DOWN = 500
MAX_FAILURES = 3


@final
@dataclass(frozen=True)
class WorkerJob:
    """What a worker is told. `first_trial` is the number of trials the study had; it varies the seed."""

    config: SearchConfig
    index: int
    threads: int
    first_trial: int


def work(job: WorkerJob, connection: Connection, tickets: Synchronized[int]) -> None:
    """A worker's whole life. `tickets` holds how many trials are still wanted."""
    # The parent alone decides on Ctrl-C; it ends its workers with SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _take_trials(job, connection, tickets)
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    except InputError as error:
        connection.send(WorkerStopped(job.index, str(error), bad_input=True))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
        connection.send(WorkerStopped(job.index, " ".join(reason.split()), bad_input=False))


def _take_trials(job: WorkerJob, connection: Connection, tickets: Synchronized[int]) -> None:
    import torch

    from nas_gan.data import load_dataset
    from nas_gan.space import load_space
    from nas_gan.study.definition import definition_of, load_study
    from nas_gan.study.objective import Objective
    from nas_gan.study.resources import choose_device, load_resources
    from nas_gan.study.samplers import build_pruner, build_sampler
    from nas_gan.study.seeds import derive_seed
    from nas_gan.study.storage import open_storage

    config, parent = job.config, os.getppid()
    torch.set_num_threads(job.threads)
    storage = open_storage(config.storage, create=False)
    study = load_study(storage, config.study)
    definition = definition_of(study)
    # A continued or parallel study must not propose the same points again.
    sampler_seed = derive_seed(config.seed, "sampler", job.index, job.first_trial)
    study.sampler = build_sampler(config.sampler, sampler_seed)
    study.pruner = build_pruner(config.pruner, definition.rungs)

    def check_stop() -> None:
        if os.getppid() != parent:
            raise KeyboardInterrupt

    outcomes: list[str] = []

    def emit(event: Event) -> None:
        if isinstance(event, TrialEnded):
            outcomes.append(event.state)
        connection.send(event)

    objective = Objective(
        study,
        definition,
        load_space(config.space),
        load_resources(
            config.data,
            load_dataset(config.data),
            protocol=config.protocol,
            seed=config.seed,
            device=choose_device(config.device),
            inception_weights=config.inception_weights,
            announce=lambda _: None,
        ),
        Path(config.out),
        config.max_parameters,
        config.max_macs,
        job.index,
        emit,
        check_stop,
    )
    while _take_ticket(tickets):
        study.optimize(objective, n_trials=1, catch=(Exception,))
        if outcomes[-1] in ("turned_down", "failed"):
            _give_back(tickets)
        _check_patience(outcomes)


def _check_patience(outcomes: list[str]) -> None:
    """Raises RuntimeError where trial after trial comes to nothing."""
    if outcomes[-MAX_FAILURES:] == ["failed"] * MAX_FAILURES:
        raise RuntimeError(f"{MAX_FAILURES} trials in a row failed; their reasons are above")
    if outcomes[-MAX_TURNED_DOWN:] == ["turned_down"] * MAX_TURNED_DOWN:
        raise RuntimeError(
            f"{MAX_TURNED_DOWN} architectures in a row were turned down as too large; "
            "raise --max-parameters or --max-macs, or search a smaller space"
        )


def _take_ticket(tickets: Synchronized[int]) -> bool:
    with tickets.get_lock():
        taken = tickets.value > 0
        tickets.value -= taken
    return taken


def _give_back(tickets: Synchronized[int]) -> None:
    with tickets.get_lock():
        tickets.value += 1


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # A second signal must not cut short what the first one's handling writes.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
