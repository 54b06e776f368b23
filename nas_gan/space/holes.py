"""Holes in words, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, final

from nas_gan.space.bind import Bound
from nas_gan.space.fill import joint_name
from nas_gan.space.nodes import Choice, FloatRange, Hole, IntRange, Scalar
from nas_gan.space.survey import Meeting

Labels = Mapping[str, Sequence[Scalar]]


@final
@dataclass(frozen=True)
class HoleSummary:
    """A hole: its parameter name, its values in words, and the options it exists under ("" for always).

    `domain` says the values as data: `choices`, or `low`, `high`, `step` and `log`.
    """

    path: str
    kind: Literal["choice", "int", "float"]
    values: str
    condition: str
    domain: Mapping[str, Any] = field(default_factory=dict, compare=False)


def summarise_holes(bound: Bound, meetings: Sequence[Meeting]) -> tuple[HoleSummary, ...]:
    """Return all holes of a space: joint choices first, and each hole before those that it leads to."""
    joints = {joint_name(name): choice.labels for name, choice in bound.choices.items()}
    summaries = [
        HoleSummary(name, "choice", _listed(labels), "", {"choices": list(labels)})
        for name, labels in joints.items()
    ]
    by_name: dict[str, list[Meeting]] = {}
    for meeting in meetings:
        by_name.setdefault(meeting.place.name, []).append(meeting)
    for name, same in by_name.items():
        summaries.append(summarise_hole(name, same[0].hole, _condition(name, by_name, joints)))
    return tuple(summaries)


def summarise_hole(name: str, hole: Hole, condition: str) -> HoleSummary:
    """Return one hole."""
    match hole:
        case Choice(labels=labels):
            return HoleSummary(name, "choice", _listed(labels), condition, {"choices": list(labels)})
        case IntRange():
            return HoleSummary(name, "int", describe_range(hole), condition, _ends(hole))
        case FloatRange():
            return HoleSummary(name, "float", describe_range(hole), condition, _ends(hole))


def _ends(hole: IntRange | FloatRange) -> dict[str, Any]:
    return {"low": hole.low, "high": hole.high, "step": hole.step, "log": hole.log}


def describe_range(hole: IntRange | FloatRange) -> str:
    """Return the values of a range in words, such as `8 to 32, step 8`."""
    match hole:
        case IntRange():
            cut = f", cut from {hole.written_high}" if hole.high != hole.written_high else ""
            step = hole.step if hole.step > 1 else None
            return _range(hole.low, hole.high, step, hole.log) + cut
        case FloatRange():
            return _range(hole.low, hole.high, hole.step, hole.log)


def _listed(labels: Sequence[Scalar]) -> str:
    return ", ".join(str(label) for label in labels)


def _range(low: float, high: float, step: float | None, log: bool) -> str:
    return f"{low:g} to {high:g}" + (f", step {step:g}" if step else "") + (", log" if log else "")


def _condition(name: str, by_name: Mapping[str, Sequence[Meeting]], joints: Labels) -> str:
    """Name the nearest choices that lead to a hole, which may have conditions of their own; "" if it always exists."""
    met_outright = [meeting for meeting in by_name[name] if not meeting.place.conditions]
    ways = [_joint_condition(met_outright, joints)] if met_outright else []
    nearest: dict[str, dict[Scalar, None]] = {}
    for meeting in by_name[name]:
        for choice, label in meeting.place.conditions[-1:]:
            nearest.setdefault(choice, {})[label] = None
    for choice, labels in nearest.items():
        hole = by_name[choice][0].hole
        if isinstance(hole, Choice) and len(labels) == len(hole.options):
            ways.append(_condition(choice, by_name, joints))  # whatever is chosen there leads here
        else:
            ways.append(f"{choice} = {_listed([*labels])}")
    return "" if "" in ways else " or ".join(dict.fromkeys(ways))


def _joint_condition(meetings: Sequence[Meeting], joints: Labels) -> str:
    needed = []
    for joint, labels in joints.items():
        met = [label for label in labels if any(label == with_.joint_labels[joint] for with_ in meetings)]
        if len(met) < len(labels):
            needed.append(f"{joint} = {_listed(met)}")
    return " and ".join(needed)
