"""What an architecture has to keep to if a study is to train it; known before any training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from nas_gan.spec import Architecture, compute_cost


@final
@dataclass(frozen=True)
class Limits:
    """At most so many parameters, both networks together, and multiply-adds an image; None for any number.

    conditional_metric: the name of a metric that takes a generator that is told the class; None for others.
    """

    max_parameters: int | None = None
    max_macs: int | None = None
    conditional_metric: str | None = None

    def reasons_against(self, architecture: Architecture) -> list[str]:
        """Say why an architecture isn't to be trained, in words; none if it is."""
        reasons = []
        if self.conditional_metric is not None and not architecture.conditional:
            reasons.append(f"{self.conditional_metric} takes a generator that is told the class")
        cost = compute_cost(architecture)
        for name, value, limit in (
            ("parameters", cost.parameters, self.max_parameters),
            ("macs", cost.macs, self.max_macs),
        ):
            if limit is not None and value > limit:
                reasons.append(f"{value:,} {name} are more than `max_{name}` {limit:,}")
        return reasons

    def admit(self, architecture: Architecture) -> bool:
        """Say whether an architecture may be trained."""
        return not self.reasons_against(architecture)
