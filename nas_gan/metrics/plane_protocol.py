"""The conditions of a score of points of the plane, apart from those of images. This module does without torch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import final

from nas_gan.metrics.scores import POINTS, Need


@final
@dataclass(frozen=True)
class PlaneRecipe:
    """How to score points, before it is known which."""

    name: str
    sample_count: int
    """Generated points a score is made of."""
    transport_points: int
    """Points a side that the transport distance is computed between; fewer where fewer are held out."""
    covered_share: float
    """Share of the points due to a mode, in (0, 1], from which it counts as covered."""
    seed: int = 0
    """Of the noise that every generator is scored on."""

    @property
    def offers(self) -> frozenset[Need]:
        """What scores can be made of under it."""
        return POINTS


@final
@dataclass(frozen=True)
class PlaneProtocol:
    """Everything a score depends on besides the generator. Fields of the recipe mean what they mean there."""

    name: str
    sample_count: int
    seed: int
    transport_points: int
    covered_share: float
    modes: int
    """How many there are."""
    mode_radius: float
    """Distance up to which a point is near a mode, in the data's units."""
    reference_fingerprint: str
    """Fingerprint of the dataset whose held-out points the generated ones are compared with."""

    def fingerprint(self) -> str:
        """Return a short hash, 12 hexadecimal digits, of all fields: equal for equal protocols."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
