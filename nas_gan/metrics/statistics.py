"""Mean and covariance of features that arrive in batches."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor


@final
class Moments:
    """Count, mean and covariance of rows seen so far, in float64, in one pass and without keeping the rows.

    Batches are centred on their own mean and merged by the rule of Chan, Golub and LeVeque, "Updating
    formulae and a pairwise algorithm for computing sample variances" (1979), so a mean far from zero costs no
    precision. Equal to `numpy.mean` and `numpy.cov` of all rows. Held on the device of the first batch.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.count = 0
        self._mean = torch.zeros(dimensions, dtype=torch.float64)
        self._scatter = torch.zeros(dimensions, dimensions, dtype=torch.float64)

    @property
    def mean(self) -> Tensor:
        """Mean of all rows, float64 [d]."""
        return self._mean.clone()

    @property
    def covariance(self) -> Tensor:
        """Covariance of all rows, float64 [d, d], divided by count - 1. ValueError before two rows."""
        if self.count < 2:
            raise ValueError(f"a covariance takes at least 2 rows, not {self.count}")
        return self._scatter / (self.count - 1)

    def update(self, features: Tensor) -> None:
        """Take in rows [n, d] of any floating dtype; none at all is fine."""
        if features.ndim != 2 or features.shape[1] != self.dimensions:
            raise ValueError(f"expected features [n, {self.dimensions}], got {list(features.shape)}")
        if len(features) == 0:
            return
        rows = features.to(torch.float64)
        mean = rows.mean(0)
        rows = rows - mean
        if self.count == 0:
            self._mean, self._scatter = self._mean.to(rows.device), self._scatter.to(rows.device)
        self._scatter.addmm_(rows.T, rows)
        self._shift(len(rows), mean)

    def merge(self, other: Moments) -> None:
        """Take in all rows that `other` has seen. `other` stays as it is."""
        if other.dimensions != self.dimensions:
            raise ValueError(f"moments of {self.dimensions} and of {other.dimensions} dimensions don't merge")
        if other.count == 0:
            return
        self._scatter = self._scatter.to(other._scatter.device) + other._scatter
        self._mean = self._mean.to(other._mean.device)
        self._shift(other.count, other._mean)

    def _shift(self, count: int, mean: Tensor) -> None:
        """Count `count` further rows around `mean`, whose own scatter has been added already."""
        total = self.count + count
        difference = mean - self._mean
        self._scatter.addr_(difference, difference, alpha=self.count * count / total)
        self._mean = self._mean + difference * (count / total)
        self.count = total
