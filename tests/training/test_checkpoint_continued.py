"""A run that was stopped, written down and loaded into fresh objects ends bit for bit like one that wasn't."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
import torch
from torch import Tensor

from nas_gan.spec.game import Adam, Clipping, Game, Rmsprop
from nas_gan.training import (
    Diverged,
    Progress,
    State,
    Trainer,
    TrainingData,
)
from nas_gan.training.checkpoint import decode, encode

MakeGame = Callable[..., Game]
MakeSetup = Callable[..., Any]

DECAYING = Adam(learning_rate=2e-3, beta1=0.5, beta2=0.999, weight_decay=1e-2)
RMSPROP = Rmsprop(learning_rate=1e-3, decay=0.99, weight_decay=1e-3)
LABELS = {"classes": 3, "conditional": True, "auxiliary_weight": 0.5}


@pytest.fixture(autouse=True)
def told_of_each_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_gan.training.trainer.PROGRESS_SECONDS", 0.0)


def stop_after(updates: int) -> Callable[[Progress], None]:
    calls = 0

    def stop(progress: Progress) -> None:
        nonlocal calls
        calls += 1
        if calls == updates:
            raise KeyboardInterrupt

    return stop


def through_a_file(state: State) -> State:
    return decode(encode(state))


def timeless(state: State) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and facts without what a clock had a part in."""
    facts = {name: dict(part) for name, part in state.facts.items()}
    for name in ("trainer", "window"):
        facts[name].pop("seconds")
    facts["curve"]["points"] = [point | {"images_per_second": 0.0} for point in facts["curve"]["points"]]
    return dict(state.tensors), facts


def assert_same(one: Trainer, other: Trainer) -> None:
    (tensors, facts), (others, other_facts) = timeless(one.state()), timeless(other.state())
    assert facts == other_facts
    assert tensors.keys() == others.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, others[name]) or (tensor.isnan() & others[name].isnan()).all(), name


def assert_continues(make: Callable[[], Trainer], images: int, updates: int) -> None:
    """Stopped after `updates` updates, and then after each of some more: the same as straight through."""
    straight, stopped = make(), make()
    straight.advance(images)
    for more in (updates, 1, 2):
        with pytest.raises(KeyboardInterrupt):
            stopped.advance(images, stop_after(more))
        state = through_a_file(stopped.state())
        stopped = make()
        stopped.load_state(state)
    stopped.advance(images)
    assert_same(straight, stopped)
    assert stopped.training_seconds > 0


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
def test_every_objective_and_every_penalty_goes_on(
    make_setup: MakeSetup, make_game: MakeGame, loss: str, penalty: str | None
) -> None:
    game = make_game(**LABELS)
    assert_continues(lambda: make_setup(game, loss, penalty=penalty).trainer, images=8 * 100, updates=37)


@pytest.mark.parametrize(
    "changes",
    [
        {"generator": RMSPROP},
        {"discriminator": RMSPROP, "score_weight_decay": 0.0},
        {"discriminator": DECAYING, "score_weight_decay": 0.1},
        {"moving_average": 0.0},
        {"moving_average": 1.0},
        {"regularisers": (Clipping(limit=0.05),)},
        {"discriminator_steps": 3},
        {"generated_batch": "shared"},
        {"generated_batch": "shared", "discriminator_steps": 2, **LABELS},
        {"batch_size": 130},
        {"latent_distribution": "uniform"},
        {"latent_dim": 1},
        LABELS,
        {"classes": 3, "auxiliary_weight": 0.5},
    ],
    ids=str,
)
def test_every_setting_goes_on(make_setup: MakeSetup, make_game: MakeGame, changes: dict[str, Any]) -> None:
    game = make_game(**changes)
    images = 100 * game.training.images_per_update
    assert_continues(lambda: make_setup(game).trainer, images, updates=37)


@pytest.mark.parametrize("generated_batch", ["fresh", "shared"])
def test_bfloat16_goes_on(make_setup: MakeSetup, make_game: MakeGame, generated_batch: str) -> None:
    game = make_game(**LABELS, generated_batch=generated_batch)
    assert_continues(lambda: make_setup(game, precision="bfloat16").trainer, images=800, updates=37)


@pytest.mark.parametrize("updates", [1, 49, 50, 51, 95, 96])
def test_it_does_not_matter_where_a_run_stops(
    make_setup: MakeSetup, make_game: MakeGame, updates: int
) -> None:
    """At a window's end or beside it, and just before the last update or after it."""
    game = make_game()
    assert_continues(lambda: make_setup(game, "fisher").trainer, images=8 * 99, updates=updates)


def test_averages_keep_the_strides_of_their_parameters(make_setup: MakeSetup, make_game: MakeGame) -> None:
    """Adam's fused kernel reads both in the order of memory; contiguous averages would be taken for others."""
    first, second = make_setup(make_game()), make_setup(make_game())
    first.trainer.advance(80)
    second.trainer.load_state(through_a_file(first.trainer.state()))
    weight = second.generator.body[2].weight
    averages = second.trainer._update._generator_optimiser.state[weight]
    assert not weight.is_contiguous()
    assert averages["exp_avg"].stride() == averages["exp_avg_sq"].stride() == weight.stride()


def test_a_state_may_be_loaded_into_a_trainer_that_has_gone_on(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    straight, back = make_setup(make_game()).trainer, make_setup(make_game()).trainer
    straight.advance(800)
    with pytest.raises(KeyboardInterrupt):
        back.advance(800, stop_after(13))
    state = back.state()
    back.advance(800)
    back.load_state(state)
    assert back.images_seen == 13 * 8
    back.advance(800)
    assert_same(straight, back)


@pytest.mark.parametrize("kind", ["flat", "certain"])
def test_guards_remember_what_they_saw(make_setup: MakeSetup, make_game: MakeGame, kind: str) -> None:
    still = Adam.model_construct(learning_rate=0.0, beta1=0.5, beta2=0.999, weight_decay=0.0)
    keen = still.model_copy(update={"learning_rate": 3e-2})
    game = make_game(
        batch_size=50,
        generator=still,
        discriminator=keen if kind == "certain" else still,
    )

    def make() -> Any:
        setup = make_setup(game)
        if kind == "flat":
            with torch.no_grad():
                setup.discriminator.score.weight.zero_()
        return setup.trainer

    straight, stopped = make(), make()
    with pytest.raises(Diverged) as whole:
        straight.advance(60_000)
    with pytest.raises(KeyboardInterrupt):
        stopped.advance(60_000, stop_after(333))
    state = through_a_file(stopped.state())
    stopped = make()
    stopped.load_state(state)
    with pytest.raises(Diverged) as parts:
        stopped.advance(60_000)
    assert str(parts.value) == str(whole.value)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end_of_its_update(
    make_setup: MakeSetup, make_game: MakeGame, number: signal.Signals
) -> None:
    """It arrives inside the discriminator's step, where a run can't be continued from."""
    straight, stopped = make_setup(make_game()).trainer, make_setup(make_game())
    straight.advance(800)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    calls = 0

    def send(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls % 20 == 7:
            os.kill(os.getpid(), number)

    before = signal.signal(number, interrupt)
    try:
        stopped.discriminator.register_forward_hook(send)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                stopped.trainer.advance(800)
            assert stopped.trainer.is_whole
            assert signal.getsignal(number) is interrupt
    finally:
        signal.signal(number, before)
    state = through_a_file(stopped.trainer.state())
    fresh = make_setup(make_game()).trainer
    fresh.load_state(state)
    assert 0 < fresh.images_seen < 800
    fresh.advance(800)
    assert_same(straight, fresh)


def test_a_handler_that_sets_another_has_its_way(make_setup: MakeSetup, make_game: MakeGame) -> None:
    setup = make_setup(make_game())

    def once(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, once)
    try:
        with pytest.raises(KeyboardInterrupt):
            setup.trainer.advance(800, lambda _: os.kill(os.getpid(), signal.SIGTERM))
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_half_an_update_has_no_state(make_setup: MakeSetup, make_game: MakeGame) -> None:
    setup = make_setup(make_game())
    setup.trainer.advance(8)

    def fail(*_: object) -> None:
        raise MemoryError

    setup.discriminator.register_forward_hook(fail)
    with pytest.raises(MemoryError):
        setup.trainer.advance(800)
    assert not setup.trainer.is_whole
    with pytest.raises(RuntimeError, match="cut in two"):
        setup.trainer.state()


def test_the_state_of_another_run_is_refused(
    make_setup: MakeSetup, make_game: MakeGame, data: TrainingData
) -> None:
    trainer = make_setup(make_game()).trainer
    trainer.advance(80)
    state = trainer.state()
    few = TrainingData(data.images[:3], None)
    for other, reason in (
        (make_setup(make_game(latent_dim=6)).trainer, "generator: stem.weight is"),
        (
            make_setup(make_game(classes=3, auxiliary_weight=1.0)).trainer,
            "discriminator: 'classifier.bias'",
        ),
        (make_setup(make_game(), "fisher").trainer, "the state has"),
        (make_setup(make_game(), data=few).trainer, "an order of other images"),
    ):
        with pytest.raises(ValueError, match=reason):
            other.load_state(state)
        assert not other.is_whole
    with pytest.raises(ValueError, match="the state has no part 'update'"):
        trainer.load_state(State())


def test_another_kind_of_device_goes_on_with_draws_of_its_own(
    make_setup: MakeSetup, make_game: MakeGame
) -> None:
    trainer = make_setup(make_game()).trainer
    trainer.advance(80)
    state = trainer.state()
    state.facts["update"]["batches"]["device"] = "cuda"
    runs = [make_setup(make_game()).trainer for _ in range(2)]
    for run in runs:
        run.load_state(state)
        run.advance(800)
    assert_same(*runs)
    trainer.advance(800)
    assert not torch.equal(
        trainer.state().tensors["update/batches/random"], runs[0].state().tensors["update/batches/random"]
    )
