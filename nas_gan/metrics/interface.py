"""What every scorer offers, of images or of points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from torch import Tensor

from nas_gan.metrics.plane_protocol import PlaneProtocol
from nas_gan.metrics.protocol import ScoreProtocol
from nas_gan.metrics.scores import Scores


class GeneratorScorer(Protocol):
    """Scores generators under one protocol."""

    @property
    def protocol(self) -> ScoreProtocol | PlaneProtocol:
        """The conditions of all its scores."""

    def score(self, batches: Iterable[Tensor], labels: Tensor | None = None, full: bool = False) -> Scores:
        """Return scores of `protocol.sample_count` generated images uint8, or points float32, [n, c, r, r].

        `labels` int64 [sample_count] are those they were made for. `full` asks for all scores, also slow ones.
        """
