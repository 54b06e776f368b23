"""The auxiliary classifier's loss against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from nas_gan.losses import auxiliary_classification


def test_undecided_logits_cost_the_logarithm_of_the_number_of_classes() -> None:
    loss = auxiliary_classification(torch.zeros(3, 10), torch.tensor([0, 4, 9]))
    assert loss.item() == pytest.approx(math.log(10))


def test_mean_over_the_batch_of_minus_log_probability() -> None:
    # Probabilities of the second class: 3/4 in the first row, 1/4 in the second.
    logits = torch.tensor([[0.0, math.log(3.0)], [math.log(3.0), 0.0]])
    loss = auxiliary_classification(logits, torch.tensor([1, 1]))
    assert loss.item() == pytest.approx((math.log(4 / 3) + math.log(4)) / 2)
