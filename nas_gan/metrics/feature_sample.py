"""A bounded number of feature rows out of many."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor


@final
class FeatureSample:
    """A random choice of rows from a known number that arrive in batches; they may come ordered by class."""

    def __init__(self, count: int, kept: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.randperm(count, generator=generator)[:kept]
        self._chosen = torch.zeros(count, dtype=torch.bool).index_fill_(0, chosen, True)
        self._rows: list[Tensor] = []
        self._seen = 0

    def update(self, features: Tensor) -> None:
        """Keep those of the next rows [n, d] that were chosen. ValueError beyond the announced number."""
        chosen = self._chosen[self._seen : self._seen + len(features)]
        if len(chosen) < len(features):
            raise ValueError(f"more rows than the {len(self._chosen)} announced")
        self._rows.append(features[chosen.to(features.device)].cpu())
        self._seen += len(features)

    @property
    def features(self) -> Tensor:
        """The rows kept so far, [k, d], on the CPU."""
        return torch.cat(self._rows)
