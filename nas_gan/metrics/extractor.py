"""What every feature extractor offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor


class Features(NamedTuple):
    """What an extractor sees in n images; on the extractor's device."""

    features: Tensor
    """float32 [n, feature_dimensions], for the Fréchet and the kernel distance."""
    logits: Tensor | None
    """float32 [n, classes], for the Inception Score; None from an extractor that knows no classes."""
    normalised: bool = True
    """Whether the logits' softmax is the probabilities; else their exponentials are, whatever they add up to."""


class FeatureExtractor(Protocol):
    """A fixed network that scores are made with. Extractors of one hash see the same in the same images."""

    @property
    def name(self) -> str:
        """`classifier`, `selfsup` or `inception`."""

    @property
    def hash(self) -> str:
        """SHA-256 of the weights, hexadecimal."""

    @property
    def preprocessing(self) -> str:
        """What is done to an image before the network sees it, in words; part of a score's protocol."""

    @property
    def feature_dimensions(self) -> int:
        """Length of one feature vector."""

    def extract(self, images: Tensor) -> Features:
        """Return features, and logits if it knows classes, of uint8 [n, c, h, w], n at least 1, from any device."""
