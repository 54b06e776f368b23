"""Our kernel distance against torch-fidelity's."""

from __future__ import annotations

import pytest
import torch
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

from nas_gan.metrics.kernel import compute_kernel_distance


@pytest.mark.parametrize(("count", "dimensions"), [(50, 8), (300, 128), (200, 1024)])
def test_as_torch_fidelity_on_all_rows(count: int, dimensions: int) -> None:
    """A subset of all rows is the same whoever draws it."""
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(count, dimensions, dtype=torch.float64, generator=generator).relu()
    generated = 1.2 * torch.randn(count, dimensions, dtype=torch.float64, generator=generator).relu()
    theirs = kid_features_to_metric(
        real, generated, kid_subsets=1, kid_subset_size=count, rng_seed=0, verbose=False
    )
    distance = compute_kernel_distance(real, generated, 1, count, torch.Generator().manual_seed(1))
    assert distance.mean == pytest.approx(theirs[KEY_METRIC_KID_MEAN], rel=1e-9)
