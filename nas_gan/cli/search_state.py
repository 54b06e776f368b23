"""What is known of a running search, gathered from its workers' events."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import final

from nas_gan.jobs.supervisor import WorkerStopped
from nas_gan.runs.record import RungRecord
from nas_gan.search.events import (
    Event,
    TrialEnded,
    TrialProgress,
    TrialScored,
    TrialStarted,
)

ENDED = ("complete", "pruned", "paused")


@final
@dataclass
class RunningTrial:
    """A trial that is being trained."""

    number: int
    parameters: int
    macs: int
    images_seen: int = 0
    images_per_second: float = 0.0
    discriminator_loss: float = float("nan")
    generator_loss: float = float("nan")
    rung: RungRecord | None = None
    images_began: int = 0


@final
@dataclass
class SearchState:
    """A search as it stands. `wanted` and `done` count trials that were trained, paused or pruned, in total."""

    wanted: int
    done: int
    lower_is_better: bool
    timeout_seconds: float | None
    best_number: int | None
    best_value: float | None
    began: float = field(default_factory=time.monotonic)
    running: dict[int, RunningTrial] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    problems: list[WorkerStopped] = field(default_factory=list)
    replacements: list[WorkerStopped] = field(default_factory=list)
    paused: set[int] = field(default_factory=set)
    _done_before: int = field(init=False)

    def __post_init__(self) -> None:
        self._done_before = self.done

    def take(self, event: Event) -> None:
        """Takes in what a worker tells."""
        match event:
            case TrialStarted():
                self._resume(event.number)
                self.running[event.worker] = RunningTrial(
                    event.number,
                    event.parameters,
                    event.macs,
                    event.images_seen,
                    images_began=event.images_seen,
                )
            case TrialProgress() if event.worker in self.running:
                trial = self.running[event.worker]
                trial.images_seen = event.images_seen
                trial.images_per_second = event.images_per_second
                trial.discriminator_loss = event.discriminator_loss
                trial.generator_loss = event.generator_loss
            case TrialScored() if event.worker in self.running:
                trial = self.running[event.worker]
                trial.images_seen = event.rung.images_seen
                trial.rung = event.rung
            case TrialEnded():
                self.running.pop(event.worker, None)
                self.ended[event.state] += 1
                self.done += event.state in ENDED
                if event.state == "paused":
                    self.paused.add(event.number)
                if event.value is not None and self._is_better(event.value):
                    self.best_number, self.best_value = event.number, event.value
            case WorkerStopped():
                self.running.pop(event.worker, None)
                (self.replacements if event.replaced else self.problems).append(event)

    @property
    def elapsed_seconds(self) -> float:
        """Wall time of this call's workers."""
        return time.monotonic() - self.began

    @property
    def seconds_left(self) -> float | None:
        """A guess from the trials that ended so far, within the time limit; None before the first."""
        ended = self.done - self._done_before
        by_clock = None
        if self.timeout_seconds is not None:
            by_clock = max(0.0, self.timeout_seconds - self.elapsed_seconds)
        if ended == 0:
            return by_clock
        by_trials = self.elapsed_seconds / ended * max(0, self.wanted - self.done)
        return by_trials if by_clock is None else min(by_trials, by_clock)

    @property
    def share_pruned(self) -> float:
        """Share of this call's ended trials that were pruned, or are paused."""
        pruned = self.ended["pruned"] + self.ended["paused"]
        ended = self.ended["complete"] + pruned
        return pruned / ended if ended else 0.0

    def _resume(self, number: int) -> None:
        """Count a trial that was paused, and goes on, as one that runs."""
        if number in self.paused:
            self.paused.remove(number)
            self.ended["paused"] -= self.ended["paused"] > 0  # in an earlier call, else
            self.done -= 1

    def _is_better(self, value: float) -> bool:
        if self.best_value is None:
            return True
        return value < self.best_value if self.lower_is_better else value > self.best_value
