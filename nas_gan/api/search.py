"""A search from its settings to its study; what it tells is what a person would ask."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, final

from nas_gan.api.data import GivenData, as_data
from nas_gan.api.events import Interrupted, Message
from nas_gan.api.progress import choose_callback
from nas_gan.api.search_state import OnSearch, SearchProgress, SearchStarted, SearchState
from nas_gan.api.study import Study
from nas_gan.api.tracking import opened_log, track_search
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.search.events import Event
    from nas_gan.search.samplers.interface import Sampler
    from nas_gan.search.schedulers.interface import Scheduler
    from nas_gan.search.settings import SearchSettings

Text = str | os.PathLike[str]


def search(  # noqa: PLR0913 - one parameter a setting
    space: Text = "resdense",
    data: GivenData = "mnist5k",
    *,
    trials: int = 20,
    out: Text = "runs",
    study: str | None = None,
    storage: str | None = None,
    timeout_seconds: float | None = None,
    grace_seconds: float = 0.0,
    images: int = 18_000,
    rungs: Sequence[int] = (),
    finalists: int | None = None,
    sampler: str | type[Sampler] = "local",
    start: str | Sequence[str] = (),
    space_starts: bool = True,
    learn_from: str | Sequence[str] = (),
    pruner: str | type[Scheduler] = "asha",
    reduction: int = 3,
    signal: str | None = None,
    promote: bool = False,
    keep_paused: int | None = None,
    metric: str | None = None,
    max_parameters: int | None = None,
    max_macs: int | None = None,
    protocol: str | None = None,
    inception_weights: Text | None = None,
    seed: int = 0,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
    device: str = "auto",
    workers: int | None = None,
    gpus: Sequence[int] = (),
    workers_per_gpu: int = 1,
    heartbeat_seconds: float = 30.0,
    on: Literal["processes", "ray"] = "processes",
    address: str | None = None,
    gpus_per_trial: float = 0.0,
    log_to: Literal["tensorboard", "wandb", "mlflow", "trackio"] | None = None,
    progress: OnSearch | bool = True,
) -> Study:
    """Search a space of GAN topologies; the same call again continues the study, and interrupted trials.

    Trials run in processes of their own, which import the script that calls: there, call it under
    `if __name__ == "__main__":`. A notebook needs nothing of the kind.

    space: a bundled space's name, a file, or `module:function`. data: as in `load_dataset`.
    trials: in total, also of earlier calls. timeout_seconds: ends this call. images: a trial sees at most.
    out: folder or URL for everything made. study: its name (SPACE-DATA). storage: its database (OUT/studies.db).
    grace_seconds: how much longer a trial that leads its rung may go on then.
    finalists: how many of the best are trained again with fresh seeds at the end (what a fifth of the search pays for).
    sampler: `local`, `tpe`, `random`, `rnn`, or a `Sampler` of your own, as its class or `module:Class`.
    start: architectures to try first, each a file, a bundled name or `STUDY:TRIAL`; `space_starts`: after those that
        the space names. learn_from: studies of the same database whose good trials bend what `local` proposes.
    pruner: what pauses trials at rungs, `asha`, `median`, `none`, or a `Scheduler` of your own. rungs: images after
        which trials are scored (6,000 and 18,000 of 18,000 images; else a ninth, a third, all). reduction: one trial in
        so many goes on. signal: what rungs compare (the metric). promote: whether paused trials go on later.
        keep_paused: bytes of their checkpoints (any number).
    metric: what the search is after (`fid`).
    max_parameters, max_macs: turn larger or dearer architectures down; both networks together.
    protocol, inception_weights, precision, device: as in `train`; a study that is there goes on in its own precision.
    seed: of the whole study. workers: trials side by side (one a core, or one on a GPU). gpus: numbers of those to use,
        with `workers_per_gpu` on each. heartbeat_seconds: between a worker's signs of life.
    on: `processes` or `ray`, whose cluster is at `address` and gives a worker the share `gpus_per_trial` of a GPU.
    log_to: a program that is to follow the trials; what it keeps on this machine goes into `out`.
    progress: is told each event (`print` is one such function); True draws a line on a terminal and in a notebook.

    What is None or empty is as in brackets. The interrupt key raises Interrupted once all trials are kept. Raises
    InputError for what can't be used, and RuntimeError where all workers have died of an error.
    """
    from nas_gan.search.plugins import name_class
    from nas_gan.search.settings import SearchSettings, data_settings

    named = {"study": study, "storage": storage}
    names: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    settings = SearchSettings(
        space=os.fspath(space),
        trials=trials,
        out=os.fspath(out),
        timeout_seconds=timeout_seconds,
        grace_seconds=grace_seconds,
        images=images,
        rungs=tuple(rungs),
        finalists=finalists,
        sampler=name_class(sampler, "sampler"),
        start=(start,) if isinstance(start, str) else tuple(start),
        space_starts=space_starts,
        learn_from=(learn_from,) if isinstance(learn_from, str) else tuple(learn_from),
        pruner=name_class(pruner, "pruner"),
        reduction=reduction,
        signal=signal,
        promote=promote,
        keep_paused=keep_paused,
        metric=metric,
        max_parameters=max_parameters,
        max_macs=max_macs,
        protocol=protocol,
        inception_weights=None if inception_weights is None else os.fspath(inception_weights),
        seed=seed,
        precision=precision,
        device=device,
        workers=workers,
        gpus=tuple(gpus),
        workers_per_gpu=workers_per_gpu,
        heartbeat_seconds=heartbeat_seconds,
        on=on,
        address=address,
        gpus_per_trial=gpus_per_trial,
        log_to=log_to,
        **data_settings(as_data(data).config(None)),
        **names,
    )
    outcome = carry_out(settings, choose_callback(progress, SearchProgress))
    if outcome.is_interrupted:
        raise Interrupted(f"study {settings.study}: stopped; the same call continues it")
    if outcome.problem is not None and outcome.is_in_time and not outcome.is_finished():
        raise outcome.problem
    return outcome.study


@final
@dataclass(frozen=True)
class SearchOutcome:
    """How a call of a search has ended. `is_in_time`: by itself rather than by the clock.

    `problem`: what the last worker has died of, if one has that wasn't replaced.
    """

    study: Study
    wanted: int
    is_interrupted: bool = False
    is_in_time: bool = True
    problem: InputError | RuntimeError | None = None

    def is_finished(self) -> bool:
        """Say whether as many trials have ended as were asked for; others may have worked on it, too."""
        from nas_gan.search.search import count_done

        return count_done(self.study.optuna) >= self.wanted


def carry_out(settings: SearchSettings, tell: OnSearch) -> SearchOutcome:
    """Search with settings that have been checked; `search` and the command line end here.

    Raises InputError where the search can't begin, and KeyboardInterrupt where it was stopped before that.
    """
    from nas_gan.search.search import prepare_search, run_search
    from nas_gan.store.mirror import local_folder
    from nas_gan.tracking.build import check_tracker

    if settings.log_to is not None:
        check_tracker(settings.log_to)

    def announce(line: str) -> None:
        tell(Message(line))

    prepared = prepare_search(settings, announce)
    study, wanted = Study(settings.study, settings.storage, settings.out, prepared.study), settings.trials
    tell(SearchStarted(study, wanted, prepared.done, prepared.remaining, prepared.workers, prepared.device))
    state = SearchState(prepared, tell)
    state.show()
    if not prepared.remaining and not prepared.has_finals:
        return SearchOutcome(study, wanted)
    try:
        with opened_log(settings.log_to, local_folder(settings.out), settings.study, announce) as log:

            def on_event(event: Event) -> None:
                state.on_event(event)
                if log is not None:
                    track_search(log, study, event)

            is_in_time = run_search(prepared, on_event)
    except KeyboardInterrupt:
        return SearchOutcome(study, wanted, is_interrupted=True)
    return SearchOutcome(study, wanted, is_in_time=is_in_time, problem=state.problem)
