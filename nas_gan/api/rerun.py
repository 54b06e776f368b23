"""Fresh seeds for the best of a study, from what was asked for to what is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nas_gan.api.events import Interrupted, Message
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.api.study import Study
    from nas_gan.search.events import Event


def rerun(
    study: Study,
    top: int,
    trial: int | None,
    seeds: int,
    workers: int | None,
    device: str,
    tell: Callable[[Message], object],
) -> None:
    """Train again as `Study.rerun` says; the command line ends here, too."""
    from nas_gan.api.search_state import describe
    from nas_gan.jobs.supervisor import WorkerStopped
    from nas_gan.search.events import TrialProgress
    from nas_gan.search.rerun import plan_rerun, run_rerun

    if workers is not None and workers < 1:
        raise InputError(f"{workers}: must be at least 1", setting="workers")
    plan, metric = plan_rerun(study.optuna, top, trial, seeds), study.definition.metric
    images, problems = study.definition.images, list[WorkerStopped]()

    def on_event(event: Event) -> None:
        if isinstance(event, WorkerStopped) and not event.replaced:
            problems.append(event)
        if isinstance(event, TrialProgress):
            seen = f"{event.images_seen:,}/{images:,} images, {event.images_per_second:,.0f} a second"
            tell(Message(f"trial {event.number}: {seen}", is_detail=True))
        elif line := describe(event, metric):
            tell(Message(line))

    try:
        run_rerun(
            study.optuna,
            study.storage,
            study.runs,
            plan,
            workers=workers,
            device=device,
            on_event=on_event,
        )
    except KeyboardInterrupt:
        raise Interrupted(f"study {study.name}: stopped; the same call goes on") from None
    if problems:
        last = problems[-1]
        raise InputError(last.reason) if last.bad_input else RuntimeError(last.reason)
