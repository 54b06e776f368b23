"""Our Inception Score against torch-fidelity's."""

from __future__ import annotations

import pytest
import torch
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric

from nas_gan.metrics.inception_score import compute_inception_score


@pytest.mark.parametrize(("count", "classes", "splits"), [(1000, 10, 10), (997, 10, 7), (500, 1008, 1)])
def test_as_torch_fidelity(count: int, classes: int, splits: int) -> None:
    logits = 3 * torch.randn(count, classes, generator=torch.Generator().manual_seed(splits))
    theirs = isc_features_to_metric(logits, splits=splits, shuffle=False)
    expected = (theirs[KEY_METRIC_ISC_MEAN], theirs[KEY_METRIC_ISC_STD])
    assert compute_inception_score(logits, splits) == pytest.approx(expected, rel=1e-9, abs=1e-12)
