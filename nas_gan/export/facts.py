"""What a bundle says about the run that it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True)
class ScoreFacts:
    """Scores of the bundle's weights; None where the protocol doesn't have them."""

    inception_score: float | None = None
    inception_score_deviation: float | None = None
    frechet_distance: float | None = None
    kernel_distance: float | None = None
    mean_class_frechet_distance: float | None = None
    class_similarity: float | None = None
    modes_covered: int | None = None
    near_share: float | None = None
    transport_distance: float | None = None


@final
@dataclass(frozen=True)
class BundleFacts:
    """Facts for people (the card) and programs (`record_json`, kept as it is).

    `data` holds the fields of `nas_gan.data.DataConfig`, `protocol` those of the scores' protocol.
    `images_seen`: by these weights, in training. `topology`: both networks in readable lines.
    `samples_png`: a picture of samples.
    """

    name: str
    record_json: str
    topology: str
    samples_png: bytes
    scores: ScoreFacts
    protocol: Mapping[str, Any]
    data: Mapping[str, Any]
    data_fingerprint: str
    class_names: tuple[str, ...]
    seed: int
    images_seen: int
    wall_seconds: float
    device: str
    versions: Mapping[str, str]
