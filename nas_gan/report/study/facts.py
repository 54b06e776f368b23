"""One trial of a study, as facts: how it stands at each rung, its holes beside the study's, and who is like it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import final

from nas_gan.metrics.scores import METRICS
from nas_gan.report.numbers import format_count, format_seconds
from nas_gan.report.tables import NOTHING
from nas_gan.search.views import StudyView, TrialView, differences
from nas_gan.space.nodes import Scalar
from nas_gan.store.address import DEFAULT_STORAGE, masked_url

OPTIONS_SHOWN = 4


@final
@dataclass(frozen=True)
class RungFacts:
    """How a trial stood at a rung: its place among `of` that reached it, and whether it went on from there.

    `bound`: the worst score of those that went on; `median`: of all.
    """

    images: int
    score: str
    place: int
    of: int
    went_on: bool
    bound: str
    median: str


@final
@dataclass(frozen=True)
class HoleFacts:
    """A hole: its value here and in the best trial, and what the study's other trials have."""

    name: str
    value: str
    best: str
    study: str

    @property
    def differs(self) -> bool:
        """Say whether the best trial has another value."""
        return self.best != self.value


def trial_facts(study: StudyView, view: TrialView) -> list[tuple[str, str]]:
    """Return what became of a trial, as names and words."""
    trial, cost = view.trial, view.cost
    facts = [("state", trial.state + (f", place {view.place}" if view.place else ""))]
    if trial.start:
        facts.append(("start", trial.start))
    if trial.reason:
        facts.append(("reason", trial.reason))
    facts.append(("images", f"{view.images:,} of {study.definition.images:,}"))
    if view.seconds is not None:
        facts.append(("time", format_seconds(view.seconds)))
    if cost is not None:
        facts += [
            (
                "parameters",
                f"{format_count(cost.generator_parameters)} + {format_count(cost.discriminator_parameters)}",
            ),
            (
                "multiply-adds",
                f"{format_count(cost.generator_macs)} + {format_count(cost.discriminator_macs)}",
            ),
        ]
    if trial.record is not None:
        facts += [("seed", str(trial.record.seed)), ("architecture", trial.record.architecture_hash[:12])]
        if trial.record.reused_from is not None:
            facts.append(("same as", f"trial {trial.record.reused_from}"))
    return facts


def rung_facts(study: StudyView, view: TrialView) -> list[RungFacts]:
    """Return how a trial stood at each rung that it has reached, beside its peers there."""
    kind, found = METRICS[study.definition.metric], []
    for images, value in view.values.items():
        peers = study.reached(images)
        promoted = [one.values[images] for one in peers if study.went_on(one, images)]
        worst = max(promoted, key=lambda score: study.sign * score) if promoted else None
        found.append(
            RungFacts(
                images,
                kind.format(value),
                [one.number for one in peers].index(view.number) + 1,
                len(peers),
                study.went_on(view, images),
                kind.format(worst),
                kind.format(median(one.values[images] for one in peers)),
            )
        )
    return found


def hole_spreads(study: StudyView) -> dict[str, str]:
    """Say of each hole what all trials that have it are set to."""
    values: dict[str, list[Scalar]] = {}
    for view in study.trials:
        for name, value in view.parameters.items():
            values.setdefault(name, []).append(value)
    return {name: _spread(of_all) for name, of_all in values.items()}


def hole_facts(study: StudyView, view: TrialView, spreads: Mapping[str, str]) -> list[HoleFacts]:
    """Return each hole of a trial with its value, the best trial's, and those of the study: its `hole_spreads`."""
    best = study.best.parameters if study.best else {}
    return [
        HoleFacts(
            name,
            value_text(value),
            value_text(best[name]) if name in best else NOTHING,
            spreads[name],
        )
        for name, value in view.parameters.items()
    ]


def kin_of(study: StudyView, view: TrialView) -> tuple[str, list[int]]:
    """Say which earlier trial is most like this one, and which later ones are most like it."""
    later = [one.number for one in study.trials if one.relative and one.relative[0] == view.number]
    if view.relative is None:
        return "", later
    number, count = view.relative
    names = differences(view.parameters, study.trial(number).parameters)
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return (
        f"trial {number}: {count} hole{'s' if count != 1 else ''} differ ({shown})"
        if count
        else f"trial {number}: equal",
        later,
    )


def train_command(study: StudyView, view: TrialView, storage: str) -> str:
    """Return the command that trains a trial's networks again; none of an architecture that isn't recorded yet.

    A password in the address of the database is masked: pages are given to others.
    """
    if view.trial.record is None:
        return ""
    name, images = shlex.quote(f"{study.name}:{view.number}"), study.definition.images
    if storage == DEFAULT_STORAGE:
        return f"python -m nas_gan train {name} --images {images} -o again"
    where = shlex.quote(masked_url(storage))
    return f"python -m nas_gan train {name} --images {images} --storage {where} -o again"


def value_text(value: Scalar) -> str:
    """Write a hole's value: numbers with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _spread(values: Sequence[Scalar]) -> str:
    numbers = [
        float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if len(numbers) == len(values) and len(set(numbers)) > OPTIONS_SHOWN:
        low, high = min(numbers), max(numbers)
        return f"{low:.4g} to {high:.4g}, median {median(numbers):.4g}"
    counts = Counter(map(value_text, values)).most_common()
    shown = ", ".join(f"{text} ×{count}" for text, count in counts[:OPTIONS_SHOWN])
    return shown + (f", {len(counts) - OPTIONS_SHOWN} more" if len(counts) > OPTIONS_SHOWN else "")
