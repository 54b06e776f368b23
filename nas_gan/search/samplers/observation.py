"""What a sampler knows of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, final

from nas_gan.space.nodes import Scalar

State = Literal["running", "paused", "done", "failed", "rejected"]


@final
@dataclass(frozen=True)
class Observation:
    """One trial: its holes by name, and what is known of it.

    scores: by images seen; lower is better, a NaN is worst. Of a study that is after several metrics, its place at each
        rung, from 0 for the best.
    state: `paused` at a rung, or before it has begun; `done` if nothing more comes, be it trained to its end or stopped
        at a rung; `failed` if it broke off, as by divergence; `rejected` if it was never to be trained.
    is_given: whether its holes were set by hand, as a start's are.
    """

    values: Mapping[str, Scalar]
    state: State
    scores: Mapping[int, float] = field(default_factory=dict)
    is_given: bool = False
