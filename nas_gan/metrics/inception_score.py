"""The Inception Score: confident about each image, and varied over all of them.

Salimans et al., "Improved Techniques for Training GANs" (2016): exp(E_x KL(p(y|x) ‖ p(y))).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor


class InceptionScore(NamedTuple):
    """Mean and standard deviation (of the population, as in the reference code) over the splits."""

    mean: float
    deviation: float


def compute_inception_score(logits: Tensor, splits: int, *, normalise: bool = True) -> InceptionScore:
    """Return the Inception Score of `logits` [n, classes] cut into `splits` runs of neighbours.

    In [1, classes], and higher is better. Log-probabilities serve as well as logits. Rows must come in random
    order, or a split sees a few classes only. NaN or infinity among the logits gives (1, 0), the lowest
    score. ValueError unless 1 <= splits <= n.

    Without `normalise` the logits are logarithms that are taken as they are, though their exponentials add up to
    another sum than 1: the score is then no mean divergence, and may be above `classes`.
    """
    if logits.ndim != 2 or not 1 <= splits <= len(logits):
        raise ValueError(f"expected logits [n, classes] with n at least {splits}, got {list(logits.shape)}")
    if not logits.isfinite().all():
        return InceptionScore(1.0, 0.0)
    logarithms = logits.cpu().to(torch.float64)
    log_probabilities = logarithms.log_softmax(1) if normalise else logarithms
    count = len(logits)
    bounds = [i * count // splits for i in range(splits + 1)]
    scores = torch.tensor(
        [_score_split(log_probabilities[a:b]) for a, b in pairwise(bounds)],
        dtype=torch.float64,
    )
    return InceptionScore(scores.mean().item(), scores.std(correction=0).item())


def _score_split(log_probabilities: Tensor) -> float:
    """Return exp of the mean divergence from the marginal, in logarithms so that no probability vanishes."""
    marginal = log_probabilities.logsumexp(0) - math.log(len(log_probabilities))
    divergences = (log_probabilities.exp() * (log_probabilities - marginal)).sum(1)
    return math.exp(divergences.mean().item())
