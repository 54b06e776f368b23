"""How well one number ranks as another does, with how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from nas_gan.table.speedup import INTERVAL, Estimate

RESAMPLES = 1000
FEWEST = 5
"""Below so many pairs nothing is said."""

Floats = NDArray[np.float64]


def rank_correlation(
    one: Sequence[float] | Floats, other: Sequence[float] | Floats, seed: int = 0
) -> Estimate | None:
    """Return Spearman's rank correlation in [-1, 1], with its interval from resampled pairs. Pairs with a NaN are
    left out.

    None for fewer than `FEWEST` pairs, or where either side is constant.
    """
    left, right = np.asarray(one, float), np.asarray(other, float)
    known = ~(np.isnan(left) | np.isnan(right))
    left, right = left[known], right[known]
    value = _spearman(left, right) if len(left) >= FEWEST else math.nan
    if math.isnan(value):
        return None
    generator = np.random.default_rng(seed)
    resampled = []
    for _ in range(RESAMPLES):
        places = generator.integers(0, len(left), len(left))
        resampled.append(_spearman(left[places], right[places]))
    low, high = np.nanpercentile(resampled, INTERVAL)
    return Estimate(value, float(low), float(high))


def better_half(finals: Sequence[float] | Floats) -> NDArray[np.bool_]:
    """Say which of `finals` (lower is better) are no worse than their median."""
    values = np.asarray(finals, float)
    better: NDArray[np.bool_] = values <= np.median(values)
    return better


def _spearman(one: Floats, other: Floats) -> float:
    """Return Spearman's correlation; NaN where either side is constant."""
    left, right = rankdata(one) - (len(one) + 1) / 2, rankdata(other) - (len(other) + 1) / 2
    scale = math.sqrt(float(left @ left) * float(right @ right))
    return float(left @ right) / scale if scale > 0 else math.nan
