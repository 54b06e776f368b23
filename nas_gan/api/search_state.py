"""What is known of a running search, gathered from its workers' events, and how it is told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, final

from nas_gan.api.events import Message
from nas_gan.errors import InputError
from nas_gan.report.numbers import format_count

if TYPE_CHECKING:
    from nas_gan.api.study import Study
    from nas_gan.metrics.scores import Metric, Scores
    from nas_gan.search.events import Event, TrialEnded
    from nas_gan.search.search import PreparedSearch


@final
@dataclass(frozen=True)
class RunningTrial:
    """A trial that is being trained. Losses and speed are means over the last updates, NaN before the first.

    parameters: of both networks. macs: multiply-adds an image. scores: those at its last rung, None before the first.
    scored_at: images after which that was, or where it went on.
    """

    number: int
    parameters: int
    macs: int
    images_seen: int
    images_per_second: float = float("nan")
    discriminator_loss: float = float("nan")
    generator_loss: float = float("nan")
    scores: Scores | None = None
    scored_at: int = 0


@final
@dataclass(frozen=True)
class SearchStarted:
    """A search has been checked, and its study is there. `done`: trials of earlier calls that have ended.

    `remaining`: trials that are still to be run, or are paused and may have to go on. `workers`: trials side by side.
    """

    study: Study
    wanted: int
    done: int
    remaining: int
    workers: int
    device: str

    def __str__(self) -> str:
        from nas_gan.search.settings import NO_END

        rungs = ", ".join(f"{rung:,}" for rung in self.study.definition.rungs)
        wanted = "any number of" if self.wanted >= NO_END else self.wanted
        already = f", {self.done} of them done" if self.done else ""
        return (
            f"Study {self.study.name}: {wanted} trials{already}, {self.workers} at a time on "
            f"{self.device}; scored and pruned after {rungs} images."
        )


@final
@dataclass(frozen=True)
class SearchProgress:
    """Where a search is. `done` and `wanted` count trials of all calls; `running`: those at work, by their numbers.

    `best`: number and value of the best trial that was trained to its end; None before the first. `ended`: how many
    trials of this call came to what. `replaced`: why workers of this call were started anew. `seconds`: since its
    workers began; `seconds_left`: a guess, within the time limit; None before there is anything to guess from.
    """

    done: int
    wanted: int
    running: Mapping[int, RunningTrial]
    best: tuple[int, float] | None
    label: str
    ended: Mapping[str, int]
    replaced: tuple[str, ...]
    seconds: float
    seconds_left: float | None

    @property
    def count_text(self) -> str:
        """Say how many trials are done, `7/20`, or `7` where only time ends the search."""
        from nas_gan.search.settings import NO_END

        return f"{self.done}" if self.wanted >= NO_END else f"{self.done}/{self.wanted}"

    @property
    def share_pruned(self) -> float:
        """Share of this call's ended trials that were pruned, or are paused."""
        pruned = self.ended.get("pruned", 0) + self.ended.get("paused", 0)
        ended = self.ended.get("complete", 0) + pruned
        return pruned / ended if ended else 0.0

    def __str__(self) -> str:
        best = "" if self.best is None else f", best {self.label} {self.best[1]:.4g} (trial {self.best[0]})"
        running = "".join(
            f", trial {one.number} at {format_count(one.images_seen)}" for one in self.running.values()
        )
        return f"{self.count_text} trials{best}{running}"


SearchEvent = Message | SearchStarted | SearchProgress
OnSearch = Callable[[SearchEvent], object]


@final
class SearchState:
    """Follows what workers tell, and tells it as where the search is, and in words."""

    def __init__(self, prepared: PreparedSearch, tell: OnSearch) -> None:
        from nas_gan.metrics.scores import METRICS
        from nas_gan.search.catalogue import summarise

        config, so_far = prepared.config, summarise(prepared.study)
        self._tell = tell
        self._metric = prepared.definition.metric
        self._kind = METRICS[self._metric]
        self._wanted, self._done_before = config.trials, prepared.done
        self._done = prepared.done
        self._timeout_seconds = config.timeout_seconds
        self._paused = set(prepared.paused)
        self._running: dict[int, RunningTrial] = {}
        self._ended: Counter[str] = Counter()
        self._replaced: tuple[str, ...] = ()
        self._best: tuple[int, float] | None = None
        if so_far.best_number is not None:
            self._compare(so_far.best_number, so_far.best_value)
        self._finals: tuple[int, ...] = ()
        self._began = time.monotonic()
        self.problem: InputError | RuntimeError | None = None
        """What the last worker has died of that wasn't replaced."""

    def on_event(self, event: Event) -> None:
        """Take in what a worker tells, and tell it."""
        if self._is_known(event):
            return
        self._take(event)
        self.show()
        line = describe(event, self._metric)
        if line:
            self._tell(Message(line, is_detail=_is_detail(event)))

    def show(self) -> None:
        """Tell where the search is."""
        running = sorted(self._running.values(), key=lambda trial: trial.number)
        seconds = time.monotonic() - self._began
        ended = MappingProxyType(dict(self._ended))
        self._tell(
            SearchProgress(
                self._done,
                self._wanted,
                MappingProxyType({trial.number: trial for trial in running}),
                self._best,
                self._kind.label,
                ended,
                self._replaced,
                seconds,
                self._seconds_left(seconds),
            )
        )

    def _is_known(self, event: Event) -> bool:
        """Say whether another worker has told it: each of them begins the finals."""
        from nas_gan.search.events import FinalsBegun

        known = self._finals
        self._finals = event.numbers if isinstance(event, FinalsBegun) else known
        return isinstance(event, FinalsBegun) and event.numbers == known

    def _take(self, event: Event) -> None:
        from nas_gan.jobs.supervisor import WorkerStopped
        from nas_gan.search.events import (
            RepeatEnded,
            RepeatStarted,
            TrialEnded,
            TrialProgress,
            TrialScored,
            TrialStarted,
        )

        running = self._running
        match event:
            case TrialStarted() | RepeatStarted():
                if isinstance(event, TrialStarted):
                    self._resume(event.number)
                running[event.worker] = RunningTrial(
                    event.number,
                    event.parameters,
                    event.macs,
                    event.images_seen,
                    scored_at=event.images_seen,
                )
            case TrialProgress() if event.worker in running:
                running[event.worker] = replace(
                    running[event.worker],
                    images_seen=event.images_seen,
                    images_per_second=event.images_per_second,
                    discriminator_loss=event.discriminator_loss,
                    generator_loss=event.generator_loss,
                )
            case TrialScored() if event.worker in running:
                running[event.worker] = replace(
                    running[event.worker],
                    images_seen=event.rung.images_seen,
                    scores=event.rung.scores,
                    scored_at=event.rung.images_seen,
                )
            case RepeatEnded():
                running.pop(event.worker, None)
            case TrialEnded():
                running.pop(event.worker, None)
                self._end(event)
            case WorkerStopped():
                running.pop(event.worker, None)
                if event.replaced:
                    self._replaced += (event.reason,)
                elif event.bad_input:
                    self.problem = InputError(event.reason)
                elif not isinstance(self.problem, InputError):
                    self.problem = RuntimeError(event.reason)

    def _resume(self, number: int) -> None:
        """Count a trial that was paused, and goes on, as one that runs."""
        if number in self._paused:
            self._paused.remove(number)
            self._ended["paused"] -= self._ended["paused"] > 0  # in an earlier call, else
            self._done -= 1

    def _end(self, event: TrialEnded) -> None:
        from nas_gan.search.catalogue import ENDED

        self._ended[event.state] += 1
        self._done += event.state in ENDED
        if event.state == "paused":
            self._paused.add(event.number)
        self._compare(event.number, event.value)

    def _compare(self, number: int, value: float | None) -> None:
        sign = -1 if self._kind.higher_is_better else 1
        if value is not None and (self._best is None or sign * value < sign * self._best[1]):
            self._best = (number, value)

    def _seconds_left(self, seconds: float) -> float | None:
        """Guess from the trials that ended so far, within the time limit; None before the first."""
        by_clock = None if self._timeout_seconds is None else max(0.0, self._timeout_seconds - seconds)
        ended = self._done - self._done_before
        if ended <= 0:
            return by_clock
        by_trials = seconds / ended * max(0, self._wanted - self._done)
        return by_trials if by_clock is None else min(by_trials, by_clock)


def describe(event: Event, metric: Metric) -> str:  # noqa: PLR0911 - one for each kind of event
    """Say an event of a worker on one line; nothing for progress."""
    from nas_gan.jobs.supervisor import Notice, WorkerStopped
    from nas_gan.metrics.scores import METRICS, scores_text
    from nas_gan.search.events import (
        FinalsBegun,
        RepeatEnded,
        RepeatStarted,
        TrialEnded,
        TrialScored,
        TrialStarted,
    )

    match event:
        case TrialStarted() | RepeatStarted():
            cost = f"{format_count(event.parameters)} parameters, {format_count(event.macs)} multiply-adds"
            how = f"goes on after {event.images_seen:,} images" if event.images_seen else "starts"
            seed = f" with fresh seed {event.role}/{event.place}" if isinstance(event, RepeatStarted) else ""
            return f"trial {event.number}{seed} {how}: {cost}"
        case FinalsBegun():
            numbers = ", ".join(map(str, event.numbers))
            return f"trains the best again with fresh seeds: trial{'s' * (len(event.numbers) > 1)} {numbers}"
        case RepeatEnded():
            kind, because = METRICS[metric], f" ({event.reason})" if event.reason else ""
            value = "" if event.value is None else f": {kind.label} {kind.format(event.value)}"
            seed = f"fresh seed {event.role}/{event.place}"
            return f"trial {event.number} with {seed} {event.state}{value}{because}"
        case TrialScored():
            return f"trial {event.number} after {event.rung.images_seen:,} images: {scores_text(event.rung.scores)}"
        case TrialEnded(value=None):
            because = f" ({event.reason})" if event.reason else ""
            return f"trial {event.number} {event.state.replace('_', ' ')}{because}"
        case TrialEnded():
            because = f" ({event.reason})" if event.reason else ""
            kind = METRICS[metric]
            return f"trial {event.number} complete: {kind.label} {kind.format(event.value)}{because}"
        case WorkerStopped():
            then = "replaced" if event.replaced else "stopped"
            return f"worker {event.worker} {then}: {event.reason}"
        case Notice(worker=None):
            return event.text
        case Notice():
            return f"worker {event.worker}: {event.text}"
        case _:
            return ""


def _is_detail(event: Event) -> bool:
    from nas_gan.search.events import RepeatStarted, TrialScored, TrialStarted

    return isinstance(event, TrialStarted | RepeatStarted | TrialScored)
