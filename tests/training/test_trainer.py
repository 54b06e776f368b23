"""The loop: exact counts, the same bits for the same seed, clean interruptions, and guards that act."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from nas_gan.spec.game import Adam, Game
from nas_gan.training import (
    CurvePoint,
    Diverged,
    Progress,
    Trainer,
    TrainingData,
)

MakeGame = Callable[..., Game]
MakeSetup = Callable[..., Any]


def untimed(curve: tuple[CurvePoint, ...]) -> list[CurvePoint]:
    return [replace(point, images_per_second=0.0) for point in curve]


def all_tensors(setup: Any) -> list[Tensor]:
    networks = (setup.generator, setup.discriminator, setup.trainer.averaged_generator)
    return [tensor for network in networks for tensor in network.state_dict().values()]


def assert_same_bits(one: Any, other: Any) -> None:
    for left, right in zip(all_tensors(one), all_tensors(other), strict=True):
        assert torch.equal(left, right)
    assert untimed(one.trainer.curve) == untimed(other.trainer.curve)


@pytest.mark.parametrize(
    ("loss", "penalty"),
    [
        ("minimax", None),
        ("non_saturating", "r1"),
        ("least_squares", "dragan"),
        ("hinge", None),
        ("wasserstein", "gradient_penalty"),
        ("fisher", None),
    ],
)
def test_a_seed_repeats_a_run_bit_for_bit(
    make_setup: MakeSetup, make_game: MakeGame, loss: str, penalty: str | None
) -> None:
    game = make_game(classes=3, conditional=True, auxiliary_weight=0.5, discriminator_steps=2)
    runs = [make_setup(game, loss, penalty=penalty) for _ in range(2)]
    for run in runs:
        run.trainer.advance(1_200)
    assert_same_bits(*runs)
    other = make_setup(game, loss, penalty=penalty, seed=8)
    other.trainer.advance(1_200)
    assert not torch.equal(all_tensors(other)[0], all_tensors(runs[0])[0])


def test_the_process_wide_random_state_plays_no_part(make_setup: MakeSetup, make_game: MakeGame) -> None:
    runs = [make_setup(make_game()) for _ in range(2)]
    with torch.random.fork_rng(devices=[]):
        for seed, run in enumerate(runs):
            torch.manual_seed(seed)
            run.trainer.advance(200)
    assert_same_bits(*runs)


def test_weights_do_not_depend_on_where_a_run_pauses(make_setup: MakeSetup, make_game: MakeGame) -> None:
    whole, parts = make_setup(make_game()), make_setup(make_game())
    whole.trainer.advance(1_000)
    for images in (100, 101, 640, 1_000):
        parts.trainer.advance(images)
    for left, right in zip(all_tensors(whole), all_tensors(parts), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("steps", [1, 3])
def test_images_are_counted_exactly(make_setup: MakeSetup, make_game: MakeGame, steps: int) -> None:
    """Batches of 8 real images: 100 are passed by the 13th batch, or after 5 updates of 3 batches."""
    setup = make_setup(make_game(discriminator_steps=steps))
    setup.trainer.advance(100)
    expected = {1: 104, 3: 120}[steps]
    assert setup.trainer.images_seen == expected
    updates = expected // (8 * steps)
    assert len(setup.discriminator.seen) == updates * (2 * steps + 1)
    setup.trainer.advance(expected)
    assert setup.trainer.images_seen == expected


def test_the_curve_covers_every_update_once(make_setup: MakeSetup, make_game: MakeGame) -> None:
    trainer = make_setup(make_game()).trainer
    trainer.advance(8 * 60)
    trainer.advance(8 * 130)
    curve = trainer.curve
    assert [point.updates for point in curve] == [50, 10, 50, 20]
    assert [point.images_seen for point in curve] == [400, 480, 880, 1_040]
    for point in curve:
        assert 0 < point.generated_output < 1
        assert 0 < point.real_output < 1
        assert min(point.discriminator_loss, point.generator_loss) > 0
        assert min(point.discriminator_gradient_norm, point.generator_gradient_norm) > 0
        assert 0 < point.images_per_second < math.inf


def test_every_updates_gradients_are_watched_where_that_is_asked_for(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    setup, twin = make_setup(make_game()), make_setup(make_game())
    args = (setup.data, setup.game, 7)
    watching = Trainer(twin.generator, twin.discriminator, *args, watch_gradients=True)
    single = make_setup(make_game())
    taken = []
    for update in range(1, 61):
        single.trainer.advance(8 * update)  # a window for each update
        last = single.trainer.curve[-1]
        taken.append((last.discriminator_gradient_norm, last.generator_gradient_norm))
        assert last.discriminator_gradient_peak is None
    for images in (8 * 23, 8 * 60):
        watching.advance(images)
        again = make_setup(make_game())
        state = watching.state()
        watching = Trainer(again.generator, again.discriminator, *args, watch_gradients=True)
        watching.load_state(state)
    setup.trainer.advance(8 * 60)
    for network, other in ((setup.generator, again.generator), (setup.discriminator, again.discriminator)):
        for left, right in zip(network.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(left, right)
    bounds = [(0, 23), (23, 60)]
    for point, (start, stop) in zip(watching.curve, bounds, strict=True):
        for place, name in enumerate(("discriminator", "generator")):
            norms = [norm[place] for norm in taken[start:stop]]
            facts = point.facts()
            assert facts[f"{name}_gradient_norm"] == pytest.approx(sum(norms) / len(norms), rel=1e-6)
            assert facts[f"{name}_gradient_peak"] == max(norms)


def test_the_averaged_generator_lags_behind_the_live_one_and_is_ready_to_use(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    setup = make_setup(make_game())
    setup.trainer.advance(400)
    average = setup.trainer.averaged_generator
    assert not average.training
    assert not torch.equal(average.stem.weight, setup.generator.stem.weight)
    images = average(torch.zeros(3, 5), None)
    assert images.shape == (3, 1, 4, 4)
    assert images.abs().max() <= 1


def test_progress_tells_of_images_and_the_last_window(make_setup: MakeSetup, make_game: MakeGame) -> None:
    told: list[Progress] = []
    trainer = make_setup(make_game()).trainer
    trainer.advance(400, told.append)
    assert told[0].images_seen == 8
    assert math.isnan(told[0].generator_loss)
    trainer.advance(408, told.append)
    assert told[-1].images_seen == 408
    assert told[-1].generator_loss == trainer.curve[-1].generator_loss
    assert told[-1].images_per_second == trainer.curve[-1].images_per_second


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    whole, broken = make_setup(make_game()), make_setup(make_game())
    whole.trainer.advance(1_000)
    for interruption in range(3):
        with pytest.raises(KeyboardInterrupt):
            broken.trainer.advance(1_000, interrupt)
        assert broken.trainer.images_seen == 8 * (interruption + 1)
    broken.trainer.advance(1_000)
    assert_same_bits(whole, broken)


@pytest.mark.parametrize("updates", [50, 73])
def test_an_interruption_at_the_end_of_a_window_or_in_it_loses_no_update(
    make_setup: MakeSetup, make_game: MakeGame, monkeypatch: pytest.MonkeyPatch, updates: int
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.images_seen == 8 * updates:
            raise KeyboardInterrupt

    monkeypatch.setattr("nas_gan.training.trainer.PROGRESS_SECONDS", 0.0)  # told after each update
    whole, broken = make_setup(make_game()), make_setup(make_game())
    whole.trainer.advance(8 * 120)
    with pytest.raises(KeyboardInterrupt):
        broken.trainer.advance(8 * 120, interrupt)
    assert broken.trainer.images_seen == 8 * updates
    assert [point.updates for point in broken.trainer.curve] == [50]
    broken.trainer.advance(8 * 120)
    assert_same_bits(whole, broken)


def test_without_an_average_the_present_weights_are_scored(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    setup = make_setup(make_game(moving_average=0.0))
    for images in (8, 80):
        setup.trainer.advance(images)
        scored = setup.trainer.averaged_generator.state_dict()
        for name, tensor in setup.generator.state_dict().items():
            assert torch.equal(scored[name], tensor), name


def test_weights_that_overflow_end_the_run_and_leave_a_curve_of_numbers(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    wild = Adam.model_construct(learning_rate=1e30, beta1=0.5, beta2=0.999, weight_decay=0.0)
    trainer = make_setup(make_game(discriminator=wild)).trainer
    with pytest.raises(Diverged, match="not finite"):
        trainer.advance(2_000)
    assert all(math.isfinite(point.discriminator_loss) for point in trainer.curve)


def test_weights_that_broke_in_the_last_update_are_found_at_the_end(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    setup = make_setup(make_game())
    setup.trainer.advance(80)
    with torch.no_grad():
        setup.generator.embedding.weight[0, 0] = math.nan  # in no loss of an unconditional run
    with pytest.raises(Diverged, match="a weight of the generator is not finite"):
        setup.trainer.advance(88)


def test_networks_that_stand_still_are_found_out(make_setup: MakeSetup, make_game: MakeGame) -> None:
    """The discriminator gives every image the same score."""
    still = Adam.model_construct(learning_rate=0.0, beta1=0.5, beta2=0.999, weight_decay=0.0)
    game = make_game(batch_size=50, generator=still, discriminator=still)
    setup = make_setup(game)
    with torch.no_grad():
        setup.discriminator.score.weight.zero_()
    with pytest.raises(Diverged, match="the discriminator's loss is flat over 500 updates"):
        setup.trainer.advance(60_000)
    assert setup.trainer.images_seen == 500 * 50


def test_a_generator_that_stands_still_is_found_out(make_setup: MakeSetup, make_game: MakeGame) -> None:
    """Its images are told apart at once, and for ever."""
    still = Adam.model_construct(learning_rate=0.0, beta1=0.5, beta2=0.999, weight_decay=0.0)
    keen = Adam(learning_rate=3e-2, beta1=0.5, beta2=0.999, weight_decay=0.0)
    game = make_game(batch_size=50, generator=still, discriminator=keen)
    trainer = make_setup(game).trainer
    with pytest.raises(Diverged, match="the discriminator has been certain for 20,000 images"):
        trainer.advance(60_000)


@pytest.mark.parametrize(
    ("loss", "penalty"), [("wasserstein", None), ("fisher", None), ("non_saturating", "r1")]
)
def test_flat_losses_are_let_pass_where_they_tell_nothing(
    make_setup: MakeSetup, make_game: MakeGame, loss: str, penalty: str | None
) -> None:
    """Two networks that stand still, on batches that are always the same."""
    still = Adam.model_construct(learning_rate=0.0, beta1=0.5, beta2=0.999, weight_decay=0.0)
    game = make_game(batch_size=50, generator=still, discriminator=still)
    setup = make_setup(game, loss, penalty=penalty)
    with torch.no_grad():
        setup.discriminator.score.weight.zero_()
    setup.trainer.advance(600 * 50)
    assert len({point.generator_loss for point in setup.trainer.curve}) == 1


def test_a_critics_scores_that_overflow_end_the_run(make_setup: MakeSetup, make_game: MakeGame) -> None:
    setup = make_setup(make_game(), "wasserstein")
    with torch.no_grad():
        setup.discriminator.score.bias.fill_(math.inf)
    with pytest.raises(Diverged, match="a loss is not finite"):
        setup.trainer.advance(8)


@pytest.mark.parametrize("loss", ["non_saturating", "hinge"])
def test_guards_leave_a_healthy_run_alone(
    make_setup: MakeSetup, make_game: MakeGame, data: TrainingData, loss: str
) -> None:
    """Long enough for every guard to have its say; the samples come to look like the images."""
    setup = make_setup(make_game(batch_size=32), loss)
    setup.trainer.advance(32 * 1_000)
    latent = torch.randn(200, 5, generator=torch.Generator().manual_seed(1))
    samples = setup.trainer.averaged_generator(latent, None)
    columns = samples.mean(dim=(0, 1, 2))
    real_columns = (data.images / 127.5 - 1).mean(dim=(0, 1, 2))
    torch.testing.assert_close(columns, real_columns, rtol=0.0, atol=0.15)
