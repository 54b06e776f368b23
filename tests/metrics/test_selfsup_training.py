from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.metrics.selfsup_training import (
    SelfsupConfig,
    compute_contrast,
    compute_found_again,
    count_updates,
    shrink,
    train_selfsup,
)

CPU = torch.device("cpu")
QUICK = SelfsupConfig(images=640, batch=32)


def _train(bars: ScoringData, config: SelfsupConfig = QUICK) -> tuple[dict[str, Tensor], float, list[str]]:
    announced: list[str] = []
    trained = train_selfsup(bars.train_images, bars.held_out_images, config, CPU, announced.append)
    assert not trained.module.training
    return trained.module.state_dict(), trained.found_again, announced


def test_it_repeats_to_the_last_bit(bars: ScoringData) -> None:
    state = torch.get_rng_state()
    first, found, _ = _train(bars)
    again, found_then, _ = _train(bars)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert found == found_then
    assert torch.equal(torch.get_rng_state(), state)
    other, _, _ = _train(bars, SelfsupConfig(images=640, batch=32, seed=1))
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_it_learns(bars: ScoringData) -> None:
    """Of 200 held-out images, chance finds one in 200 again."""
    _, found, announced = _train(bars, SelfsupConfig(images=6400, batch=64))
    assert found > 0.1
    assert len(announced) == 8
    losses = [float(line.rpartition(" ")[2]) for line in announced]
    assert losses[-1] < 0.9 * losses[0]
    assert announced[-1].startswith("self-supervision: 6,400 of 6,400 images")


def test_the_loss_is_the_papers() -> None:
    """Against NT-Xent written out as in the paper, pair by pair."""
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 5, 7, generator=generator, dtype=torch.float64)
    views = [*first, *second]

    def cosine(i: int, j: int) -> float:
        return float(torch.dot(views[i], views[j]) / (views[i].norm() * views[j].norm()))

    total = 0.0
    for i in range(10):
        others = sum(math.exp(cosine(i, k) / 0.3) for k in range(10) if k != i)
        total -= math.log(math.exp(cosine(i, (i + 5) % 10) / 0.3) / others)
    assert compute_contrast(first, second, 0.3).item() == pytest.approx(total / 10, rel=1e-12)


def test_found_again_counts_the_nearest() -> None:
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    second = torch.tensor([[2.0, 0.1], [3.0, 0.0], [2.0, 2.0]])
    assert compute_found_again(first, first) == 1.0
    assert compute_found_again(first, second) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("side", "updates"), [(8, 250), (28, 250), (32, 250), (64, 125)])
def test_large_images_are_shown_less_often(side: int, updates: int) -> None:
    assert count_updates(side, 128, SelfsupConfig()) == updates


def test_two_images_train_a_network(bars: ScoringData) -> None:
    trained = train_selfsup(
        bars.train_images[:2], bars.held_out_images[:2], SelfsupConfig(images=20), CPU, lambda line: None
    )
    assert all(bool(value.isfinite().all()) for value in trained.module.state_dict().values())


def test_only_large_images_shrink() -> None:
    small = torch.randint(0, 256, (2, 1, 64, 64), dtype=torch.uint8)
    assert shrink(small) is small
    large = torch.arange(0, 256, 2, dtype=torch.uint8).repeat(1, 3, 128, 1)
    shrunk = shrink(large)
    assert shrunk.shape == (1, 3, 64, 64)
    expected = large.float().reshape(1, 3, 64, 2, 64, 2).mean((3, 5))
    torch.testing.assert_close(shrunk[..., 2:-2], expected[..., 2:-2], atol=0.6, rtol=0)
