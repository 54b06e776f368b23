"""A search from its settings to its study; what it tells is what a person would ask."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

from nas_gan.api.data import Data, GivenData, as_data
from nas_gan.api.events import Interrupted, Message
from nas_gan.api.progress import choose_callback
from nas_gan.api.study import Study, load_study
from nas_gan.errors import InputError
from nas_gan.report.numbers import format_count

if TYPE_CHECKING:
    from nas_gan.search.config import SearchConfig
    from nas_gan.search.events import Event
    from nas_gan.search.search import PreparedSearch


@final
@dataclass(frozen=True)
class SearchProgress:
    """Where a search is. `done` and `wanted` count trials of all calls; `running`: images seen, by the trial's number.

    `best`: number and value of the best trial that was trained to its end; None before the first.
    """

    done: int
    wanted: int
    running: Mapping[int, int]
    best: tuple[int, float] | None
    label: str

    def __str__(self) -> str:
        best = "" if self.best is None else f", best {self.label} {self.best[1]:.4g} (trial {self.best[0]})"
        running = "".join(
            f", trial {number} at {format_count(images)}" for number, images in self.running.items()
        )
        return f"{self.done}/{self.wanted} trials{best}{running}"


OnSearch = Callable[[Message | SearchProgress], object]


def search(  # noqa: PLR0913 - one parameter a setting
    space: str | os.PathLike[str] = "resdense",
    data: GivenData = "mnist5k",
    *,
    trials: int = 20,
    out: str | os.PathLike[str] = "runs",
    study: str | None = None,
    storage: str | None = None,
    timeout_seconds: float | None = None,
    grace_seconds: float | None = None,
    images: int | None = None,
    sampler: str | None = None,
    start: tuple[str, ...] | None = None,
    space_starts: bool | None = None,
    pruner: str | None = None,
    rungs: tuple[int, ...] | None = None,
    reduction: int | None = None,
    signal: str | None = None,
    promote: bool | None = None,
    keep_paused: int | None = None,
    metric: str | None = None,
    max_parameters: int | None = None,
    max_macs: int | None = None,
    protocol: str | None = None,
    inception_weights: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    precision: str | None = None,
    device: str | None = None,
    workers: int | None = None,
    gpus: tuple[int, ...] | None = None,
    workers_per_gpu: int | None = None,
    heartbeat_seconds: float | None = None,
    on: str | None = None,
    address: str | None = None,
    gpus_per_trial: float | None = None,
    progress: OnSearch | bool = True,
) -> Study:
    """Search a space of GAN topologies; the same call again continues the study, and interrupted trials.

    Trials run in processes of their own, which import the script that calls: there, call it under
    `if __name__ == "__main__":`. A notebook needs nothing of the kind.

    space: a bundled space's name, a file, or `module:function`. data: as in `load_dataset`.
    trials: in total, also of earlier calls. timeout_seconds: ends this call. images: a trial sees at most (18,000).
    out: folder or URL for everything made. study: its name (SPACE-DATA). storage: its database (OUT/studies.db).
    grace_seconds: how much longer a trial that leads its rung may go on then (0).
    sampler: `local`, `tpe`, `random` or `rnn`. start: architectures to try first, each a file, a bundled name or
        `STUDY:TRIAL`; `space_starts`: after those that the space names (True).
    pruner: what pauses trials at rungs, `asha`, `median` or `none`. rungs: images after which trials are scored (a
        ninth, a third, all). reduction: one trial in so many goes on (3). signal: what rungs compare (the metric).
        promote: whether paused trials go on later (False). keep_paused: bytes of their checkpoints (any number).
    metric: what the search is after (`fid`).
    max_parameters, max_macs: turn larger or dearer architectures down; both networks together.
    protocol, inception_weights, precision, device: as in `train`. seed: of the whole study (0).
    workers: trials side by side (one a core, or one on a GPU). gpus: numbers of those to use, with `workers_per_gpu`
        on each. heartbeat_seconds: between a worker's signs of life (30).
    on: `processes` or `ray`, whose cluster is at `address` and gives a worker the share `gpus_per_trial` of a GPU.
    progress: is told each event (`print` is one such function); True draws a line on a terminal and in a notebook.

    What is None is as in brackets, or as the study has it. The interrupt key raises Interrupted once all trials are
    kept. Raises InputError for what can't be used, and RuntimeError where all workers have died of an error.
    """
    from nas_gan.search.config import SearchConfig

    given = as_data(data)
    settings: dict[str, Any] = {
        "timeout_seconds": timeout_seconds,
        "grace_seconds": grace_seconds,
        "images": images,
        "sampler": sampler,
        "start": start,
        "space_starts": space_starts,
        "pruner": pruner,
        "rungs": rungs,
        "reduction": reduction,
        "signal": signal,
        "promote": promote,
        "keep_paused": keep_paused,
        "metric": metric,
        "max_parameters": max_parameters,
        "max_macs": max_macs,
        "protocol": protocol,
        "inception_weights": None if inception_weights is None else os.fspath(inception_weights),
        "seed": seed,
        "precision": precision,
        "device": device,
        "workers": workers,
        "gpus": gpus,
        "workers_per_gpu": workers_per_gpu,
        "heartbeat_seconds": heartbeat_seconds,
        "on": on,
        "address": address,
        "gpus_per_trial": gpus_per_trial,
    }
    config = SearchConfig(
        study=study if study is not None else name_study(os.fspath(space), given),
        space=os.fspath(space),
        data=given.config(None),
        storage=storage if storage is not None else storage_beside(os.fspath(out)),
        trials=trials,
        out=os.fspath(out),
        **{name: value for name, value in settings.items() if value is not None},
    )
    _run(config, choose_callback(progress, SearchProgress))
    return load_study(config.study, storage=config.storage)


def name_study(space: str, data: Data) -> str:
    """Name a study after its space and data: `resdense-mnist5k`."""
    return f"{Path(space).stem.partition(':')[0]}-{Path(os.fspath(data.source or 'mnist5k')).stem}"


def storage_beside(out: str) -> str:
    """Return the database of studies in a folder; for runs at a URL, one on this machine."""
    from nas_gan.store.remote_folder import is_url

    return "runs/studies.db" if is_url(out) else str(Path(out) / "studies.db")


def _run(config: SearchConfig, tell: OnSearch) -> None:
    """Run the trials that remain."""
    from nas_gan.search.search import count_done, prepare_search, run_search

    def announce(line: str) -> None:
        tell(Message(line))

    prepared = prepare_search(config, announce)
    teller = _Teller(prepared, tell)
    if not prepared.remaining:
        return
    try:
        in_time = run_search(prepared, teller.on_event, lambda: None)
    except KeyboardInterrupt:
        raise Interrupted(f"study {config.study}: stopped; the same call continues it") from None
    if in_time and count_done(prepared.study) < config.trials:
        teller.raise_problem()


@final
class _Teller:
    """Follows what workers tell, and tells it as messages and as where the search is."""

    def __init__(self, prepared: PreparedSearch, tell: OnSearch) -> None:
        from nas_gan.metrics.scores import METRICS
        from nas_gan.search.catalogue import summarise

        self._tell = tell
        self._wanted = prepared.config.trials
        self._done = prepared.done
        self._paused = set(prepared.paused)
        self._running: dict[int, int] = {}
        self._kind = METRICS[prepared.definition.metric]
        so_far = summarise(prepared.study)
        self._best: tuple[int, float] | None = None
        if so_far.best_number is not None:
            self._take(so_far.best_number, so_far.best_value)
        self._problem: tuple[str, bool] | None = None
        self._show()

    def on_event(self, event: Event) -> None:
        """Take in an event of a worker."""
        from nas_gan.jobs.supervisor import Notice, WorkerStopped
        from nas_gan.search.events import TrialEnded, TrialProgress, TrialScored, TrialStarted

        match event:
            case TrialStarted() | TrialProgress():
                if event.number in self._paused:
                    self._paused.remove(event.number)
                    self._done -= 1
                self._running[event.number] = event.images_seen
            case TrialScored():
                images = f"{event.rung.images_seen:,}"
                self._tell(
                    Message(f"trial {event.number}: {self._label} {event.value:.4g} after {images} images")
                )
            case TrialEnded():
                self._running.pop(event.number, None)
                self._done += event.state in ("complete", "pruned", "paused")
                if event.state == "paused":
                    self._paused.add(event.number)
                self._take(event.number, event.value)
                why = f": {event.reason}" if event.reason else ""
                self._tell(Message(f"trial {event.number} {event.state}{why}"))
            case WorkerStopped():
                self._problem = (event.reason, event.bad_input)
                self._tell(Message(f"worker {event.worker}: {event.reason}"))
            case Notice():
                self._tell(Message(event.text))
        self._show()

    def raise_problem(self) -> None:
        """Raise what the last worker has died of, if one has."""
        if self._problem is not None:
            reason, is_bad_input = self._problem
            raise InputError(reason) if is_bad_input else RuntimeError(reason)

    @property
    def _label(self) -> str:
        return self._kind.label

    def _take(self, number: int, value: float | None) -> None:
        sign = -1 if self._kind.higher_is_better else 1
        if value is not None and (self._best is None or sign * value < sign * self._best[1]):
            self._best = (number, value)

    def _show(self) -> None:
        running = MappingProxyType(dict(sorted(self._running.items())))
        self._tell(SearchProgress(self._done, self._wanted, running, self._best, self._label))
