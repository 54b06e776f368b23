"""What a study compares at its rungs: its metrics, or one of the scores, which need not be its metric."""

from __future__ import annotations

from nas_gan.metrics.scores import METRICS, SCORE_KINDS
from nas_gan.runs.record import RungRecord
from nas_gan.search.aims import find_aim, values_of
from nas_gan.search.definition import StudyDefinition
from nas_gan.search.schedulers.interface import Signal
from nas_gan.spec import Cost


def signals_of(definition: StudyDefinition) -> tuple[Signal, ...]:
    """Say what a study's scheduler compares: the score that it names, or its metrics."""
    kinds = (
        [SCORE_KINDS[definition.signal]]
        if definition.signal is not None
        else [find_aim(name) for name in definition.metrics]
    )
    return tuple(Signal(kind.label, kind.higher_is_better) for kind in kinds)


def signal_values(definition: StudyDefinition, rung: RungRecord, cost: Cost) -> tuple[float, ...]:
    """Return what is compared at a rung; no number where it wasn't scored."""
    if definition.signal is None:
        return values_of(definition.metrics, rung, cost)
    value = SCORE_KINDS[definition.signal].value(rung.scores)
    return (float("nan") if value is None else value,)


def takes_slow_scores(definition: StudyDefinition) -> bool:
    """Say whether a metric, or what is compared, is one of the scores that are else made at the end alone."""
    kinds = [METRICS[name] for name in definition.metrics if name in METRICS]
    if definition.signal is not None:
        kinds.append(SCORE_KINDS[definition.signal])
    return any(kind.slow for kind in kinds)
