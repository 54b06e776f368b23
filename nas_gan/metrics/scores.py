"""What a generator scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, kw_only=True)
class Scores:
    """The scores of one generator under one protocol.

    A score is None where the protocol doesn't have it, or where it wasn't asked for.
    """

    images: int
    """Generated images (or points) that were scored."""
    protocol_fingerprint: str
    """`ScoreProtocol.fingerprint()` of the protocol."""
    inception_score: float | None = None
    """In [1, classes]; higher is better."""
    inception_score_deviation: float | None = None
    """Standard deviation over the splits."""
    frechet_distance: float | None = None
    """At least 0; lower is better."""
    kernel_distance: float | None = None
    """About 0 (it may be slightly negative) when alike; lower is better."""
    class_frechet_distances: tuple[float, ...] | None = None
    """Of the images of each class to the real ones of it; at least 0; lower is better."""
    mean_class_frechet_distance: float | None = None
    """Mean of the classes' distances."""
    class_similarity: float | None = None
    """Mean multi-scale structural similarity of two images of a class, at most 1: far above the real images'
    where a class has collapsed. Of any two images where the generator knows no classes."""
    modes_covered: int | None = None
    """Modes of the plane's mixture that points fall near; higher is better."""
    near_share: float | None = None
    """Share of the points that lie near a mode, in [0, 1]; higher is better."""
    transport_distance: float | None = None
    """Optimal transport between generated and real points, in the data's units; lower is better."""
