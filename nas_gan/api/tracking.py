"""Tells a program that follows runs what a search, a training or a finished run's record says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from nas_gan.api.events import Scored, TrainingEvent, TrainingProgress
from nas_gan.errors import one_line

if TYPE_CHECKING:
    from nas_gan.api.study import Study
    from nas_gan.metrics.scores import Scores
    from nas_gan.runs.record import RunRecord
    from nas_gan.search.events import Event
    from nas_gan.spec import Architecture
    from nas_gan.tracking.interface import Plain, Tracker

Announce = Callable[[str], None]


@final
class RunLog:
    """What becomes of runs, told to a tracker. One that fails is given up, and the runs go on."""

    def __init__(self, tracker: Tracker, announce: Announce) -> None:
        self._tracker: Tracker | None = tracker
        self._announce = announce
        self._open: set[str] = set()

    def begin(self, run: str, hyperparameters: Mapping[str, Any]) -> None:
        """Begin a run, or go on with it."""
        plain = dict(_flatten(hyperparameters))
        self._call(lambda tracker: tracker.begin(run, plain))
        self._open.add(run)

    def losses(
        self, run: str, images_seen: int, discriminator: float, generator: float, speed: float
    ) -> None:
        """Take the means of the last updates."""
        names = ("loss/discriminator", "loss/generator", "images_per_second")
        self._log(run, images_seen, dict(zip(names, (discriminator, generator, speed), strict=True)))

    def scores(self, run: str, images_seen: int, scores: Scores, folder: Path) -> None:
        """Take the scores of a rung, and its grid of samples where the run's folder has it."""
        from nas_gan.metrics.scores import SCORE_KINDS

        made = {f"score/{kind.option}": kind.value(scores) for kind in SCORE_KINDS.values()}
        self._log(run, images_seen, {name: value for name, value in made.items() if value is not None})
        picture = folder / f"samples-{images_seen}.png"
        if run in self._open and picture.is_file():
            self._call(lambda tracker: tracker.show(run, images_seen, picture))

    def end(self, run: str, state: str, reason: str) -> None:
        """End a run that has been begun."""
        if run in self._open:
            self._open.remove(run)
            self._call(lambda tracker: tracker.end(run, state, reason))

    def whole(self, run: str, record: RunRecord, folder: Path) -> None:
        """Take a run that has ended, from its record."""
        self.begin(run, settings_of(record.architecture) | {"seed": record.seed})
        for point in record.curve:
            losses = point["discriminator_loss"], point["generator_loss"], point["images_per_second"]
            self.losses(run, int(point["images_seen"]), *losses)
        for rung in record.rungs:
            self.scores(run, rung.images_seen, rung.scores, folder)
        self.end(run, record.outcome, record.reason)

    def close(self) -> None:
        """End what is left."""
        self._call(lambda tracker: tracker.close())

    def _log(self, run: str, images_seen: int, values: Mapping[str, float]) -> None:
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        if run in self._open and finite:
            self._call(lambda tracker: tracker.log(run, images_seen, finite))

    def _call(self, tell: Callable[[Tracker], None]) -> None:
        if self._tracker is None:
            return
        try:
            tell(self._tracker)
        except Exception as error:  # whatever the program raises: a search isn't to end with it
            name, self._tracker = type(self._tracker).__name__, None
            self._announce(f"{name} failed and is told nothing more: {one_line(error)}")


@contextmanager
def opened_log(kind: str | None, folder: Path, group: str, announce: Announce) -> Iterator[RunLog | None]:
    """Open the log of a kind of tracker, and close it at the end; None where nobody is to be told.

    Raises InputError for a tracker that isn't known or isn't installed.
    """
    from nas_gan.tracking.build import build_tracker

    if kind is None:
        yield None
        return
    log = RunLog(build_tracker(kind, folder, group), announce)
    try:
        yield log
    finally:
        log.close()


def settings_of(architecture: Architecture) -> dict[str, Any]:
    """Return an architecture's values, nested as its file has them."""
    tree: dict[str, Any] = architecture.model_dump(mode="json", exclude={"format"})
    return tree


def track_search(log: RunLog, study: Study, event: Event) -> None:
    """Tell what a worker of a search says: a run a trial."""
    from nas_gan.search.events import TrialEnded, TrialProgress, TrialScored, TrialStarted

    if not isinstance(event, TrialStarted | TrialProgress | TrialScored | TrialEnded):
        return
    run, folder = f"{study.name}-{event.number}", Path(study.runs) / study.name / str(event.number)
    match event:
        case TrialStarted():
            (trial,) = (one for one in study.optuna.get_trials(deepcopy=False) if one.number == event.number)
            cost = {"parameters": event.parameters, "macs": event.macs}
            log.begin(run, {"trial": event.number, **cost, **trial.params})
        case TrialProgress():
            losses = (event.discriminator_loss, event.generator_loss, event.images_per_second)
            log.losses(run, event.images_seen, *losses)
        case TrialScored():
            log.scores(run, event.rung.images_seen, event.rung.scores, folder)
        case TrialEnded():
            log.end(run, event.state, event.reason)


def track_training(log: RunLog, run: str, folder: Path, event: TrainingEvent) -> None:
    """Tell what a training says."""
    match event:
        case TrainingProgress():
            losses = (event.discriminator_loss, event.generator_loss, event.images_per_second)
            log.losses(run, event.images_seen, *losses)
        case Scored():
            log.scores(run, event.images_seen, event.scores, folder)


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Plain]]:
    """Yield the values of nested tables by their dotted paths."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            yield from _flatten({str(place): one for place, one in enumerate(value)}, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value if isinstance(value, str | int | float | bool) else str(value)
