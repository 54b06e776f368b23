"""What a generator scored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scores:
    """The scores of one generator under one protocol."""

    images: int
    """Generated images that were scored."""
    inception_score: float
    """In [1, classes]; higher is better."""
    inception_score_deviation: float
    """Standard deviation over the splits."""
    frechet_distance: float
    """At least 0; lower is better."""
    kernel_distance: float | None
    """About 0 (it may be slightly negative) when alike; lower is better. None where it wasn't asked for."""
    protocol_fingerprint: str
    """`ScoreProtocol.fingerprint()` of the protocol."""
