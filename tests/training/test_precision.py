"""bfloat16: what computes in it and what doesn't, and which devices are asked to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from nas_gan.spec.game import Game
from nas_gan.training import autocast, fastest_precision
from nas_gan.training.play import STATISTICS

MakeGame = Callable[..., Game]
MakeSetup = Callable[..., Any]
LABELS = {"classes": 3, "conditional": True, "auxiliary_weight": 0.5}


@pytest.mark.parametrize("generated_batch", ["fresh", "shared"])
@pytest.mark.parametrize("penalty", [None, "r1"])
def test_weights_statistics_and_optimisers_stay_in_float32(
    make_setup: MakeSetup, make_game: MakeGame, generated_batch: str, penalty: str | None
) -> None:
    game = make_game(**LABELS, generated_batch=generated_batch)
    setup = make_setup(game, penalty=penalty, precision="bfloat16")
    setup.trainer.advance(160)
    state = setup.trainer.state()
    parts = [*state.part("update").tensors.values(), *state.part("average").tensors.values()]
    assert {tensor.dtype for tensor in parts if tensor.is_floating_point()} == {torch.float32}


def test_numbers_are_those_of_float32_but_for_rounding(make_setup: MakeSetup, make_game: MakeGame) -> None:
    curves = {}
    for precision in ("float32", "bfloat16"):
        setup = make_setup(make_game(**LABELS), precision=precision)
        setup.trainer.advance(80)
        (point,) = setup.trainer.curve
        curves[precision] = [getattr(point, name) for name in STATISTICS]
    assert curves["float32"] != curves["bfloat16"]
    assert curves["bfloat16"] == pytest.approx(curves["float32"], rel=0.02)


def test_networks_compute_in_it(make_setup: MakeSetup, make_game: MakeGame) -> None:
    setup = make_setup(make_game(), precision="bfloat16")
    seen: set[torch.dtype] = set()
    for network in (setup.generator, setup.discriminator):
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
                module.register_forward_hook(lambda _, __, output: seen.add(output.dtype))
    setup.trainer.advance(8)
    assert seen == {torch.bfloat16}


def test_the_fastest_precision_is_that_of_the_processor() -> None:
    """Where the kernel lists what the processor can do."""
    listed = Path("/proc/cpuinfo")
    flags = listed.read_text() if listed.exists() else ""
    can = any(flag in flags for flag in ("avx512_bf16", "amx_bf16"))
    found = fastest_precision(torch.device("cpu"))
    assert found == ("bfloat16" if can else "float32")
    with autocast(torch.device("cpu"), found):
        assert torch.mm(torch.ones(2, 2), torch.ones(2, 2)).dtype == getattr(torch, found)
