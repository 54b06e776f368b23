"""The scores of a record by name: how they are called in print, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from nas_gan.runs.record import RungRecord


@final
@dataclass(frozen=True)
class ScoreName:
    """A score's short name in print, and whether a higher value is better."""

    label: str
    higher_is_better: bool


SCORES: Mapping[str, ScoreName] = MappingProxyType(
    {
        "inception_score": ScoreName("IS", True),
        "frechet_distance": ScoreName("FID", False),
        "kernel_distance": ScoreName("KID", False),
        "mean_class_frechet_distance": ScoreName("class FID", False),
        "class_similarity": ScoreName("MS-SSIM", False),
        "modes_covered": ScoreName("modes", True),
        "near_share": ScoreName("near", True),
        "transport_distance": ScoreName("transport", False),
    }
)
"""By the name of the field of `RungRecord`, in the order of tables."""


def score_of(rung: RungRecord, name: str) -> float | None:
    """The score called `name`, or None where the protocol has no such score."""
    value = getattr(rung, name, None)
    return None if value is None else float(value)


def scores_text(rung: RungRecord) -> str:
    """All scores that were made, on one line: `IS 9.12, FID 14.30`."""
    made = [(score.label, score_of(rung, name)) for name, score in SCORES.items()]
    return ", ".join(f"{label} {value:.4g}" for label, value in made if value is not None)
