"""How a study is getting on, from its trials alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import final

from nas_gan.metrics.scores import SCORE_KINDS
from nas_gan.search.catalogue import Trial

RECENT_TRIALS = 20  # the pace is that of the last so many
LABELS = "|".join(re.escape(kind.label) for kind in SCORE_KINDS.values())
# What a scheduler says of a trial that it doesn't let go on.
AT_RUNG = re.compile(rf"({LABELS}) \S+ (after [\d,]+ images): (not among|worse than|the first)")
POOR = ("pruned", "paused")
NUMBER = re.compile(r"\d[\d,.]*(e[+-]?\d+)?")


@final
@dataclass(frozen=True)
class Progress:
    """A study's trials, counted. `done` were trained to their end, paused or pruned on the way.

    `share_pruned` is of those, in [0, 1]. `reasons` counts why trials were paused or pruned, most frequent first.
    `trials_per_hour` is the pace while trials were running; `seconds_left` needs it and the trials asked for.
    """

    counts: dict[str, int]
    done: int
    share_pruned: float | None
    reasons: dict[str, int]
    trials_asked: int | None
    trials_per_hour: float | None
    seconds_left: float | None


def compute_progress(trials: Sequence[Trial], trials_asked: int | None) -> Progress:
    """Count trials; `trials_asked` is the total that the last search was to reach, if known and limited."""
    counts = Counter(trial.state for trial in trials)
    poor = sum(counts[state] for state in POOR)
    done = counts["complete"] + poor
    pace = compute_pace(trials)
    left = None
    if trials_asked is not None and trials_asked <= done:
        left = 0.0
    elif trials_asked is not None and pace is not None:
        left = (trials_asked - done) / pace * 3600
    reasons = Counter(_general(trial.reason) for trial in trials if trial.state in POOR)
    return Progress(
        counts=dict(sorted(counts.items())),
        done=done,
        share_pruned=poor / done if done else None,
        reasons=dict(reasons.most_common()),
        trials_asked=trials_asked,
        trials_per_hour=pace,
        seconds_left=left,
    )


def compute_pace(trials: Iterable[Trial]) -> float | None:
    """Return trials an hour over the most recent ones, workers together; time in which none ran doesn't count."""
    spans = [
        (trial.ended, trial.started)
        for trial in trials
        if trial.state in ("complete", "pruned") and trial.started and trial.ended
    ]
    recent = sorted(spans, reverse=True)[:RECENT_TRIALS]
    seconds = _covered_seconds([(started, ended) for ended, started in recent])
    return len(recent) / seconds * 3600 if seconds > 0 else None


def _covered_seconds(spans: list[tuple[datetime, datetime]]) -> float:
    """Return the length of the union of time spans."""
    covered, reached = 0.0, datetime.min
    for started, ended in sorted(spans):
        covered += max(0.0, (ended - max(started, reached)).total_seconds())
        reached = max(reached, ended)
    return covered


def _general(reason: str) -> str:
    """Return the reason without the numbers of one trial, so that like can be counted with like."""
    poor = AT_RUNG.match(reason)
    if poor:
        return f"poor {poor[1]} {poor[2]}"
    return NUMBER.sub("…", reason.partition(":")[0]) or "no reason stored"
