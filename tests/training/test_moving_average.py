"""The moving average against a float64 reference of its law."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nas_gan.training.moving_average import MovingAverage


def perturb(network: nn.Module, random: torch.Generator) -> None:
    """Stands in for training: weights and running statistics move a little."""
    with torch.no_grad():
        for tensor in [*network.parameters(), *network.buffers()]:
            if tensor.is_floating_point():
                tensor.add_(torch.randn(tensor.shape, generator=random), alpha=0.1)
            else:
                tensor.add_(1)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9])
def test_weights_and_running_statistics_follow_the_law_with_its_warm_up(decay: float) -> None:
    random = torch.Generator().manual_seed(0)
    live = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    moving = MovingAverage(live, decay)
    expected = {name: tensor.double() for name, tensor in live.state_dict().items()}
    for update in range(1, 120):
        perturb(live, random)
        moving.update()
        share = min(decay, (1 + update) / (10 + update))
        for name, tensor in live.state_dict().items():
            expected[name] = share * expected[name] + (1 - share) * tensor.double()
    averages = moving.module.state_dict()
    for name, tensor in expected.items():
        if averages[name].is_floating_point():
            torch.testing.assert_close(averages[name].double(), tensor, rtol=1e-5, atol=1e-6)
    assert averages["1.num_batches_tracked"] == live.state_dict()["1.num_batches_tracked"] == 119


def test_a_decay_of_zero_keeps_the_live_weights() -> None:
    live = nn.Linear(3, 4)
    moving = MovingAverage(live, 0.0)
    perturb(live, torch.Generator().manual_seed(0))
    moving.update()
    assert torch.equal(moving.module.state_dict()["weight"], live.weight)
    assert moving.module is not live


def test_singular_vectors_are_copied_so_that_they_keep_their_length() -> None:
    live = torch.nn.utils.parametrizations.spectral_norm(nn.Linear(6, 5))
    moving = MovingAverage(live, 0.99)
    for _ in range(5):
        live(torch.ones(1, 6))
        moving.update()

    def vectors(network: nn.Module) -> list[Tensor]:
        return [buffer for name, buffer in network.named_buffers() if name.endswith(("_u", "_v"))]

    assert len(vectors(live)) == 2
    for average, vector in zip(vectors(moving.module), vectors(live), strict=True):
        assert torch.equal(average, vector)


def test_the_average_is_a_separate_module_in_evaluation_mode_without_gradients() -> None:
    live = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).train()
    moving = MovingAverage(live, 0.9)
    assert live.training
    assert not any(module.training for module in moving.module.modules())
    assert not any(parameter.requires_grad for parameter in moving.module.parameters())
    assert all(parameter.requires_grad for parameter in live.parameters())
