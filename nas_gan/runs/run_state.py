"""What a run remembers beside its trainer, and whose run it is, as part of its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, final, get_args

from nas_gan.errors import InputError
from nas_gan.runs.record import RungRecord
from nas_gan.training import Precision
from nas_gan.training.state import State, join

FORMAT = 3

Identity = Mapping[str, str | int | bool]


@final
@dataclass(frozen=True)
class Past:
    """What was, in all of a run's processes so far. `conditions` says on what it was trained last.

    `best`: what `nas_gan.runs.best_weights` knows.
    """

    rungs: tuple[RungRecord, ...]
    started: datetime
    wall_seconds: float
    conditions: str
    best: dict[str, Any] | None


def make_run_state(trainer: State, identity: Identity, past: Past) -> State:
    """Return the state of a run: of its trainer, who it is, and its past."""
    facts = {
        "format": FORMAT,
        "identity": dict(identity),
        "rungs": [rung.model_dump(mode="json") for rung in past.rungs],
        "started": past.started.isoformat(),
        "wall_seconds": past.wall_seconds,
        "conditions": past.conditions,
        "best": past.best,
    }
    return join(trainer=trainer, run=State({}, facts))


def read_past(state: State, identity: Identity) -> Past:
    """Return the past in a run's state; raises ValueError where it is another run's, or of another version."""
    facts = state.part("run").facts
    if facts.get("format") != FORMAT:
        raise ValueError(f"its format is {facts.get('format')}, and this version reads {FORMAT}")
    for name, own in identity.items():
        other = facts["identity"].get(name)
        if other != own:
            raise ValueError(f"its {name} is {_short(other)}, and this run's is {_short(own)}")
    return Past(
        rungs=tuple(RungRecord.model_validate(rung) for rung in facts["rungs"]),
        started=datetime.fromisoformat(facts["started"]),
        wall_seconds=facts["wall_seconds"],
        conditions=facts["conditions"],
        best=facts["best"],
    )


def precision_of(state: State) -> Precision:
    """Return what the run of a state computes in; raises ValueError for a state of another version."""
    precision = state.part("run").facts["identity"].get("precision")
    if precision not in get_args(Precision):
        raise ValueError("it doesn't say in which precision it was trained")
    return cast(Precision, precision)


def budgets_left(rungs: tuple[RungRecord, ...], budgets: tuple[int, ...]) -> tuple[int, ...]:
    """Return those of `budgets` (images, ascending) that come after the rungs; raises InputError if the rungs are
    others.
    """
    passed = tuple(rung.images_seen for rung in rungs)
    if passed != budgets[: len(passed)]:
        raise InputError(
            f"the run that is to go on was scored after {_list(passed)} images, and is to be scored after "
            f"{_list(budgets)}; give the numbers it began with, or begin again in another folder"
        )
    return budgets[len(passed) :]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 12 else f"{text[:12]}…"


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"{number:,}" for number in numbers)
