"""Yamazaki & Yamaguchi's way of seeing images, which makes their Inception Score another one than the field's.

Their published code stretches each image to its own darkest and brightest value before it is resized, and
lets no probability fall below 1e-4. Both raise a collapsed or pale generator and lower a certain one, so
scores made this way stand under a protocol of their own.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from nas_gan.metrics.extractor import FeatureExtractor, Features

LEAST_PROBABILITY = 1e-4


@final
class StretchedExtractor:
    """Another extractor, given stretched images, whose probabilities are clipped from below.

    The clipped probabilities are the logits, as logarithms. They add up to a little more than 1, and are scored
    as they are: the published code doesn't normalise them again.
    """

    def __init__(self, inner: FeatureExtractor) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        """That of the extractor inside."""
        return self._inner.name

    @property
    def hash(self) -> str:
        """That of the extractor inside: the weights are the same."""
        return self._inner.hash

    @property
    def preprocessing(self) -> str:
        """What is done before, and after."""
        before = f"each image stretched to 0..255, then {self._inner.preprocessing}"
        return f"{before}; probabilities at least {LEAST_PROBABILITY:g}, as they are"

    @property
    def feature_dimensions(self) -> int:
        """Length of one feature vector."""
        return self._inner.feature_dimensions

    def extract(self, images: Tensor) -> Features:
        """Return features of the stretched images uint8 [n, c, h, w], and their clipped log-probabilities.

        ValueError where the extractor inside knows no classes.
        """
        seen = self._inner.extract(stretch(images))
        if seen.logits is None:
            raise ValueError(f"the extractor {self.name} has no probabilities to clip")
        probabilities = seen.logits.softmax(dim=1).clamp_min(LEAST_PROBABILITY)
        return Features(seen.features, probabilities.log(), normalised=False)


def stretch(images: Tensor) -> Tensor:
    """Return each image uint8 [n, c, h, w] with its lowest value at 0 and its highest at 255; even ones become 0."""
    values = images.to(torch.float32)
    low, high = values.amin(dim=(1, 2, 3), keepdim=True), values.amax(dim=(1, 2, 3), keepdim=True)
    return ((values - low) * (255.0 / (high - low).clamp_min(1.0))).round().to(torch.uint8)
