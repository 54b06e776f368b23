from __future__ import annotations

import pytest
import torch

from nas_gan.metrics.feature_sample import FeatureSample


def collect(count: int, kept: int, batch: int, seed: int = 0) -> list[float]:
    sample = FeatureSample(count, kept, seed)
    for rows in torch.split(torch.arange(count, dtype=torch.float32).view(-1, 1), batch):
        sample.update(rows)
    return [float(row) for row in sample.features]


def test_the_batches_do_not_matter_and_the_seed_does() -> None:
    assert collect(100, 10, batch=7) == collect(100, 10, batch=100)
    assert collect(100, 10, batch=7) != collect(100, 10, batch=7, seed=1)


def test_the_rows_are_spread_over_all() -> None:
    rows = collect(100, 40, batch=50)
    assert len(set(rows)) == 40
    assert min(rows) < 20
    assert max(rows) > 80


def test_with_room_for_all_every_row_is_kept_in_order() -> None:
    assert collect(9, 20, batch=4) == list(range(9))


def test_with_room_for_none_no_row_is_kept() -> None:
    assert collect(9, 0, batch=4) == []


def test_more_rows_than_announced_are_refused() -> None:
    sample = FeatureSample(3, 2, seed=0)
    with pytest.raises(ValueError, match="more rows than the 3"):
        sample.update(torch.zeros(4, 1))
