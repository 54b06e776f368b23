"""What a study compares at its rungs: one of the scores, which need not be its metric."""

from __future__ import annotations

from nas_gan.metrics.scores import METRICS, SCORE_KINDS, ScoreKind
from nas_gan.runs.record import RungRecord
from nas_gan.search.definition import StudyDefinition
from nas_gan.search.schedulers.interface import Signal


def signals_of(definition: StudyDefinition) -> tuple[Signal, ...]:
    """Say what a study's scheduler compares: the score that it names, or its metric."""
    kind = _kind_of(definition)
    return (Signal(kind.label, kind.higher_is_better),)


def signal_values(definition: StudyDefinition, rung: RungRecord) -> tuple[float, ...]:
    """Return what is compared at a rung; no number where it wasn't scored."""
    value = _kind_of(definition).value(rung.scores)
    return (float("nan") if value is None else value,)


def takes_slow_scores(definition: StudyDefinition) -> bool:
    """Say whether what is compared is one of the scores that take long, and are else made at the end alone."""
    return _kind_of(definition).slow


def _kind_of(definition: StudyDefinition) -> ScoreKind:
    return METRICS[definition.metric] if definition.signal is None else SCORE_KINDS[definition.signal]
