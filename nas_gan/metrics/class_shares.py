"""Which classes a classifier finds in images, and how evenly."""

from __future__ import annotations

import math
from collections.abc import Iterable

from torch import Tensor


def compute_class_shares(logits: Tensor) -> tuple[float, ...]:
    """Return the share of the images that each class is the likeliest of; `logits` [n, classes], n at least 1."""
    counts = logits.argmax(dim=1).bincount(minlength=logits.shape[1])
    return tuple((counts.double() / len(logits)).tolist())


def effective_number(shares: Iterable[float]) -> float:
    """Return the number of even classes that are as varied: e to the power of the shares' entropy, in [1, classes]."""
    return math.exp(-sum(share * math.log(share) for share in shares if share > 0))
