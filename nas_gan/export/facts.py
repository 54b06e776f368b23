"""What a bundle says about the run that it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True)
class BundleFacts:
    """Facts for people (the card) and programs (`record_json`, kept as it is).

    `scores`: of the bundle's weights, what each is called and its value, as the card shows them.
    `data` holds the fields of `nas_gan.data.DataConfig`, `protocol` those of the scores' protocol.
    `images_seen`: by these weights, in training. `topology`: both networks in readable lines.
    `samples_png`: a picture of samples. `example_png`: an image to translate; None of a generator from latents.
    `weights`: which of the run's they are.
    """

    name: str
    record_json: str
    topology: str
    samples_png: bytes
    example_png: bytes | None
    scores: tuple[tuple[str, str], ...]
    protocol: Mapping[str, Any]
    data: Mapping[str, Any]
    data_fingerprint: str
    class_names: tuple[str, ...]
    seed: int
    images_seen: int
    weights: str
    wall_seconds: float
    device: str
    versions: Mapping[str, str]
