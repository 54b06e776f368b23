"""From generated points to scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from nas_gan.metrics.plane import (
    compute_modes_covered,
    compute_near_share,
    compute_transport_distance,
    count_near,
)
from nas_gan.metrics.plane_protocol import PlaneProtocol, PlaneRecipe
from nas_gan.metrics.scores import Scores

FARTHEST = 1e6  # where points that went to infinity are put, so that a distance to them is a number


@final
@dataclass(frozen=True, eq=False)
class PlaneData:
    """What points are compared with, all on the CPU.

    held_out: real points that no generator was trained on, float32 [n, d, 1, 1]. modes: float32 [modes, anchors, d].
    radius: distance up to which a point is near a mode. fingerprint: of the dataset.
    """

    held_out: Tensor
    modes: Tensor
    radius: float
    fingerprint: str


@final
class PlaneScorer:
    """Scores generators of points under one protocol. Holds no state between calls."""

    def __init__(self, data: PlaneData, protocol: PlaneProtocol) -> None:
        self.data = data
        self.protocol = protocol

    def score(self, batches: Iterable[Tensor], labels: Tensor | None = None, full: bool = False) -> Scores:
        """Return scores of `protocol.sample_count` generated points, batches of float32 [n, d, 1, 1].

        The first of them are those of the transport distance: noise is as random there as anywhere. All scores
        are always made; `labels` and `full` matter to images alone. ValueError when the points are more or
        fewer than the protocol says.
        """
        protocol = self.protocol
        points = torch.cat([batch.cpu() for batch in batches]).flatten(1)
        if len(points) != protocol.sample_count:
            raise ValueError(
                f"protocol {protocol.name} takes {protocol.sample_count} points, not {len(points)}"
            )
        points = points.nan_to_num(nan=FARTHEST).clamp(-FARTHEST, FARTHEST)
        near = count_near(points, self.data.modes, protocol.mode_radius)
        count = protocol.transport_points
        return Scores(
            images=len(points),
            protocol_fingerprint=protocol.fingerprint(),
            modes_covered=compute_modes_covered(near, len(points), protocol.covered_share),
            near_share=compute_near_share(near, len(points)),
            transport_distance=compute_transport_distance(
                points[:count], self.data.held_out[:count].flatten(1)
            ),
        )


def build_plane_scorer(recipe: PlaneRecipe, data: PlaneData) -> PlaneScorer:
    """Return the scorer of a recipe met with points, at least one of them held out."""
    protocol = PlaneProtocol(
        name=recipe.name,
        sample_count=recipe.sample_count,
        seed=recipe.seed,
        transport_points=min(recipe.transport_points, recipe.sample_count, len(data.held_out)),
        covered_share=recipe.covered_share,
        modes=len(data.modes),
        mode_radius=data.radius,
        reference_fingerprint=data.fingerprint,
    )
    return PlaneScorer(data, protocol)
