from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.metrics.inception_score import compute_inception_score


def test_certain_of_every_class_in_turn_scores_their_number() -> None:
    logits = 1e4 * torch.eye(7).repeat(10, 1)
    assert compute_inception_score(logits, splits=1) == pytest.approx((7, 0))
    assert compute_inception_score(logits, splits=10) == pytest.approx((7, 0))


def test_saying_the_same_of_every_image_scores_one() -> None:
    logits = torch.randn(5, generator=torch.Generator().manual_seed(0)).repeat(20, 1)
    assert compute_inception_score(logits, splits=4) == pytest.approx((1, 0))


def test_log_probabilities_do_for_logits() -> None:
    logits = torch.randn(40, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert compute_inception_score(logits, 3) == pytest.approx(
        compute_inception_score(logits.log_softmax(1), 3)
    )


@settings(deadline=None, max_examples=40)
@given(
    count=st.integers(1, 60),
    classes=st.integers(1, 12),
    scale=st.sampled_from([1e-3, 1.0, 1e3, 1e6]),
    seed=st.integers(0, 2**16),
)
def test_it_lies_between_one_and_the_number_of_classes(
    count: int, classes: int, scale: float, seed: int
) -> None:
    logits = scale * torch.randn(count, classes, generator=torch.Generator().manual_seed(seed))
    score = compute_inception_score(logits, splits=max(1, count // 10))
    assert 1 - 1e-9 <= score.mean <= classes + 1e-9
    assert score.deviation >= 0


def test_the_splits_give_mean_and_spread() -> None:
    """One half sees two classes, the other one: scores 2 and 1."""
    logits = 1e4 * torch.eye(2)[torch.tensor([0, 1, 0, 1, 1, 1, 1, 1])]
    assert compute_inception_score(logits, splits=2) == pytest.approx((1.5, 0.5))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_logits_that_are_no_numbers_score_lowest(bad: float) -> None:
    logits = torch.eye(3)
    logits[1, 1] = bad
    assert compute_inception_score(logits, splits=1) == (1, 0)


@pytest.mark.parametrize("splits", [0, 4])
def test_more_splits_than_rows_are_refused(splits: int) -> None:
    with pytest.raises(ValueError, match="expected logits"):
        compute_inception_score(torch.eye(3), splits)
