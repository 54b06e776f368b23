"""The classifier's share of an objective, for a discriminator that also names the class."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def auxiliary_classification(logits: Tensor, labels: Tensor) -> Tensor:
    """Return cross-entropy of an auxiliary classifier, in nats, mean over the batch.

    AC-GAN (Odena et al. 2017, arXiv 1610.09585). Both networks minimise it: the discriminator on real and on
    generated images, the generator on its own, so that an image made for a class is recognised as that class.

    Args:
        logits: float `[n, classes]`, unnormalised.
        labels: int64 `[n]`, each in `[0, classes)`.
    """
    return F.cross_entropy(logits, labels)
