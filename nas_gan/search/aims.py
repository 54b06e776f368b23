"""What a search may be after: a score, and beside it more scores and costs. This module does without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, final

from nas_gan.metrics.scores import METRICS, ScoreKind
from nas_gan.runs.record import RungRecord
from nas_gan.spec import Cost

SEPARATOR = ","


@final
@dataclass(frozen=True)
class CostKind:
    """A cost that may be weighed against a score; less is better.

    label: in tables. unit: written after a value. decimals: in tables.
    """

    option: str
    label: str
    unit: str = ""
    decimals: int = 0

    @property
    def higher_is_better(self) -> bool:
        """Return False: it is a cost."""
        return False

    def format(self, value: float | None) -> str:
        """Write a value: `5,234,112`, `1.24 ms`; `–` for none."""
        return "–" if value is None else f"{value:,.{self.decimals}f}{self.unit}"


Aim: TypeAlias = ScoreKind | CostKind

COSTS: Mapping[str, CostKind] = MappingProxyType(
    {
        kind.option: kind
        for kind in (
            CostKind("macs", "multiply-adds"),
            CostKind("parameters", "parameters"),
            CostKind("latency", "latency", unit=" ms", decimals=2),
        )
    }
)
"""By option: multiply-adds of one image and parameters, of both networks together, as elsewhere; and the milliseconds
that the generator takes for one image on the device, measured at each rung."""


def split_metrics(text: str) -> tuple[str, ...]:
    """Split what a search is after, `fid,macs`, into options. Raises ValueError with the remedy."""
    names = tuple(part.strip() for part in text.split(SEPARATOR))
    for name in names:
        if name not in METRICS and name not in COSTS:
            beside = "" if len(names) == 1 else f", and beside the first {', '.join(COSTS)}"
            raise ValueError(f"not known; use one of {', '.join(METRICS)}{beside}")
    if names[0] in COSTS:
        raise ValueError(
            f"{names[0]} is a cost, which the smallest network always wins; name a score first, such as "
            f"fid,{names[0]}"
        )
    if len(set(names)) < len(names):
        raise ValueError("names one of them twice; give each once")
    return names


def find_aim(name: str) -> Aim:
    """Return the score or cost of an option."""
    return COSTS.get(name) or METRICS[name]


def value_of(name: str, rung: RungRecord, cost: Cost) -> float | None:
    """Return a score at a rung, or a cost; None where it wasn't made or measured."""
    match name:
        case "macs":
            return float(cost.macs)
        case "parameters":
            return float(cost.parameters)
        case "latency":
            return rung.latency_milliseconds
        case _:
            return METRICS[name].value(rung.scores)


def values_of(names: Sequence[str], rung: RungRecord, cost: Cost) -> tuple[float, ...]:
    """Return the values of several at a rung; no number where one wasn't made or measured."""
    found = (value_of(name, rung, cost) for name in names)
    return tuple(float("nan") if value is None else value for value in found)
