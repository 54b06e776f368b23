"""Guards give up when they must, with a readable reason, and keep quiet otherwise."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nas_gan.training import CurvePoint, Diverged, check_samples
from nas_gan.training.guards import GuardConfig, Guards, check_finite, check_weights

WINDOW = 50
IMAGES = 3_200


def make_point(images_seen: int, real_output: float = 0.6, generated_output: float = 0.4) -> CurvePoint:
    return CurvePoint(images_seen, WINDOW, 1.0, 1.0, real_output, generated_output, 1.0, 1.0, 1.0)


def make_rows(discriminator_spread: float, generator_spread: float, windows: int, seed: int = 0) -> Tensor:
    """Statistics of so many windows, float64, with losses of the given standard deviations."""
    random = torch.Generator().manual_seed(seed)
    rows = torch.randn(windows * WINDOW, 4, generator=random, dtype=torch.float64)
    return rows * torch.tensor([discriminator_spread, generator_spread, 0.0, 0.0], dtype=torch.float64) + 1.0


def images_until_divergence(guards: Guards, rows: Tensor, outputs: tuple[float, float]) -> Diverged | None:
    for window, part in enumerate(torch.split(rows, WINDOW), start=1):
        try:
            guards.check(part, make_point(window * IMAGES, *outputs))
        except Diverged as diverged:
            return diverged
    return None


@pytest.mark.parametrize(
    ("spreads", "name"), [((1e-4, 1.0), "discriminator"), ((1.0, 1e-4), "generator"), ((0.0, 0.0), "disc")]
)
def test_a_flat_loss_ends_the_run_once_500_updates_are_known(spreads: tuple[float, float], name: str) -> None:
    diverged = images_until_divergence(Guards(), make_rows(*spreads, windows=20), (0.6, 0.4))
    assert diverged is not None
    assert diverged.reason.startswith(f"the {name}")
    assert diverged.reason.endswith("loss is flat over 500 updates")
    assert diverged.images_seen == 10 * IMAGES


@settings(deadline=None, max_examples=20)
@given(
    spread=st.floats(0.011, 10.0),
    outputs=st.tuples(st.floats(0.0, 1.0), st.floats(0.002, 1.0)),
    seed=st.integers(0, 1000),
)
def test_losses_that_move_and_a_discriminator_in_doubt_are_left_alone(
    spread: float, outputs: tuple[float, float], seed: int
) -> None:
    """0.011 is the smallest standard deviation that runs with good samples showed."""
    rows = make_rows(spread, spread, windows=15, seed=seed)
    assert images_until_divergence(Guards(), rows, outputs) is None


def test_a_discriminator_that_is_held_may_flatten_but_not_be_certain() -> None:
    rows = make_rows(0.0, 0.0, windows=20)
    assert images_until_divergence(Guards(may_flatten=True), rows, (0.6, 0.4)) is None
    assert images_until_divergence(Guards(may_flatten=True), rows, (0.9999, 0.0001)) is not None


def test_only_the_last_losses_count() -> None:
    rows = torch.cat([make_rows(1.0, 1.0, windows=10), make_rows(0.0, 1.0, windows=10)])
    diverged = images_until_divergence(Guards(), rows, (0.6, 0.4))
    assert diverged is not None
    assert diverged.images_seen == 20 * IMAGES


def test_a_discriminator_that_is_certain_for_too_long_ends_the_run() -> None:
    diverged = images_until_divergence(Guards(), make_rows(1.0, 1.0, windows=20), (0.9999, 0.0001))
    assert diverged is not None
    assert diverged.reason == "the discriminator has been certain for 20,000 images"
    assert diverged.images_seen == math.ceil(20_000 / IMAGES) * IMAGES
    assert str(diverged) == f"{diverged.reason} (after 22,400 images)"


def test_a_moment_of_doubt_starts_the_count_again() -> None:
    guards, rows = Guards(), make_rows(1.0, 1.0, windows=1)
    for window in range(1, 20):
        output = 0.9 if window % 6 == 0 else 0.9999
        guards.check(rows, make_point(window * IMAGES, output, 1e-4))


def test_losses_of_larger_batches_may_vary_less() -> None:
    """A mean over 16 times as many images has a sixteenth of the variance."""
    rows = make_rows(2e-3, 2e-3, windows=10)  # a variance of 4e-6
    assert images_until_divergence(Guards(batch_size=64), rows, (0.6, 0.4)) is not None
    assert images_until_divergence(Guards(batch_size=1_024), rows, (0.6, 0.4)) is None
    # Smaller batches don't raise the limit: what they add is noise, and no sign of life.
    quiet = make_rows(5e-3, 5e-3, windows=10)
    assert images_until_divergence(Guards(batch_size=4), quiet, (0.6, 0.4)) is None


def test_limits_are_the_configurations() -> None:
    guards = Guards(GuardConfig(flat_updates=50, flat_variance=1.0))
    with pytest.raises(Diverged, match="flat over 50 updates"):
        guards.check(make_rows(0.5, 5.0, windows=1), make_point(IMAGES))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_or_a_gradient_that_is_no_number_ends_the_run(bad: float) -> None:
    rows, norms = torch.ones(3, 4), torch.ones(2)
    check_finite(rows, norms, 10)
    broken = rows.clone()
    broken[1, 0] = bad
    with pytest.raises(Diverged, match="a loss is not finite"):
        check_finite(broken, norms, 10)
    with pytest.raises(Diverged, match="a gradient is not finite"):
        check_finite(rows, torch.tensor([1.0, bad]), 10)


def test_a_weight_or_running_statistic_that_is_no_number_ends_the_run() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    check_weights(network, "generator", 10)
    for name in ("0.weight", "1.running_var"):
        broken = copy.deepcopy(network)
        broken.state_dict()[name].view(-1)[1] = math.nan
        with pytest.raises(Diverged, match="a weight of the generator is not finite"):
            check_weights(broken, "generator", 10)


def make_images(count: int, spread: float) -> Tensor:
    """Grey images around 128 with the given standard deviation over images."""
    random = torch.Generator().manual_seed(0)
    return (128 + spread * torch.randn(count, 1, 4, 4, generator=random)).round().to(torch.uint8)


def test_samples_that_are_all_but_one_image_end_the_run() -> None:
    with pytest.raises(Diverged, match="the samples have collapsed to one image"):
        check_samples(make_images(64, 0.2), make_images(500, 30.0), 50_000)


def test_collapse_is_judged_against_the_real_images_and_not_early_on() -> None:
    check_samples(make_images(64, 3.0), make_images(500, 30.0), 50_000)
    check_samples(make_images(64, 0.5), make_images(500, 2.0), 50_000)
    check_samples(make_images(64, 0.0), make_images(500, 30.0), 1_000)


def test_real_images_sorted_by_class_are_compared_across_classes() -> None:
    """2,000 images of one class alike and 2,000 of another: only together they differ."""
    real = torch.tensor([60, 180], dtype=torch.uint8).repeat_interleave(2_000).view(-1, 1, 1, 1)
    with pytest.raises(Diverged, match="collapsed"):
        check_samples(make_images(64, 1.0)[:, :, :1, :1], real, 50_000)


def test_points_that_are_all_but_one_end_the_run() -> None:
    points = 5 * torch.randn(500, 2, 1, 1, generator=torch.Generator().manual_seed(0))
    check_samples(points[:64] * 0.1, points, 50_000)
    with pytest.raises(Diverged, match="collapsed"):
        check_samples(points[:64] * 0.01 - 3.0, points, 50_000)
