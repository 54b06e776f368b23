"""A dataset that a classifier learns in seconds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nas_gan.metrics.scoring_data import ScoringData

CLASSES = 4


def _draw_bars(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noise of 8×8 pixels with one bright row, whose place is the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    images = torch.randint(0, 100, (count, 1, 8, 8), generator=generator)
    images[torch.arange(count), 0, 2 * labels] += 150
    return images.to(torch.uint8), labels


@pytest.fixture(scope="session")
def bars() -> ScoringData:
    """400 training and 200 held-out images of 8×8 pixels, grey, 4 classes."""
    return ScoringData(*_draw_bars(400, seed=0), *_draw_bars(200, seed=1), fingerprint="bars")
