"""The architectures of Tripathi & Tu 2017 on Fisher GAN's DCGAN, counted layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from nas_gan.space import bundled_spaces
from nas_gan.spec import Architecture
from nas_gan.spec.game import Adam, FisherLoss

SMALL, LARGE = (256, 128, 64), (512, 256, 128, 64)

# Maps at 4×4, 8×8 …, and the maps that each extra layer of that resolution adds.
DENSE: dict[str, tuple[Sequence[int], Sequence[Sequence[int]]]] = {
    "tripathi_residual3": (SMALL, [[256], [128], [64, 64]]),
    "tripathi_residual3_five": (SMALL, [[256], [128, 128], [64, 64]]),
    "tripathi_dense6": (SMALL, [[256] * 2, [128] * 2, [64] * 2]),
    "tripathi_dense9": (SMALL, [[256] * 3, [128] * 3, [64] * 3]),
    "tripathi_dense9_decreasing": (SMALL, [[256, 128, 64], [128, 64, 32], [64, 32, 16]]),
    "tripathi64_dense4": (LARGE, [[512], [256], [128], [64]]),
    "tripathi64_dense8": (LARGE, [[512] * 2, [256] * 2, [128] * 2, [64] * 2]),
    "tripathi64_dense12": (LARGE, [[512] * 3, [256] * 3, [128] * 3, [64] * 3]),
    "tripathi64_dense16": (LARGE, [[512] * 4, [256] * 4, [128] * 4, [64] * 4]),
}
BASELINES = {"tripathi_baseline": SMALL, "tripathi64_baseline": LARGE}
FILES = [*BASELINES, *DENSE]


def normalised(inputs: int, outputs: int, kernel: int) -> int:
    """A convolution, transposed or not, and batch normalisation's gains and shifts; no bias anywhere."""
    return inputs * outputs * kernel**2 + 2 * outputs


def count_dense_generator(widths: Sequence[int], added: Sequence[Sequence[int]]) -> int:
    total, maps = 0, 100
    for width, layers in zip(widths, added, strict=True):
        total += normalised(maps, width, 4)
        maps = width
        for growth in layers:
            total += normalised(maps, growth, 3)
            maps += growth
    return total + maps * 3 * 4 * 4


def count_baseline_generator(widths: Sequence[int]) -> int:
    total, maps = 0, 100
    for width in widths:
        total += normalised(maps, width, 4)
        maps = width
    extra_layers = 2 * normalised(64, 64, 3)
    return total + extra_layers + 64 * 3 * 4 * 4


def count_discriminator(widths: Sequence[int]) -> int:
    first = 3 * 64 * 4 * 4
    extra_layers = 2 * normalised(64, 64, 3)
    total, maps = first + extra_layers, 64
    for width in reversed(widths[:-1]):
        total += normalised(maps, width, 4)
        maps = width
    return total + maps * 4 * 4


def image_of(name: str) -> dict[str, int]:
    return {"channels": 3, "resolution": 64 if name.startswith("tripathi64") else 32}


def test_every_file_is_here() -> None:
    found = {name for name in bundled_spaces() if name.startswith("reference/tripathi")}
    assert found == {f"reference/{name}" for name in FILES}


@pytest.mark.parametrize("name", BASELINES)
def test_parameters_of_the_baselines(name: str, check_reference: Callable[..., None]) -> None:
    widths = BASELINES[name]
    check_reference(name, image_of(name), (count_baseline_generator(widths), count_discriminator(widths)))


@pytest.mark.parametrize("name", DENSE)
def test_parameters_of_connected_generators(name: str, check_reference: Callable[..., None]) -> None:
    widths, added = DENSE[name]
    counted = (count_dense_generator(widths, added), count_discriminator(widths))
    check_reference(name, image_of(name), counted)


def test_two_in_numbers(check_reference: Callable[..., None]) -> None:
    """Added up with pen and paper, so that the formulas above are checked too."""
    baseline = 410_112 + 524_544 + 131_200 + 2 * 36_992 + 3_072
    discriminator = 3_072 + 2 * 36_992 + 131_328 + 524_800 + 4_096
    check_reference("tripathi_baseline", image_of("tripathi_baseline"), (baseline, discriminator))
    # 256 and 512 maps are seen by the layers of 256, 512 by the next stage; the last has 64, 128 and 192.
    residual = (410_112 + 590_336) + (1_048_832 + 147_712) + (262_272 + 36_992 + 73_856) + 9_216
    check_reference("tripathi_residual3", image_of("tripathi_residual3"), (residual, discriminator))


@pytest.mark.parametrize("name", FILES)
def test_resolutions_and_maps(name: str, reach: Callable[[str], Any]) -> None:
    widths = BASELINES[name] if name in BASELINES else DENSE[name][0]
    added = DENSE[name][1] if name in DENSE else [[]] * len(widths)
    reached = [
        (width + sum(growths), 4 * 2**index)
        for index, (width, growths) in enumerate(zip(widths, added, strict=True))
    ]
    assert reach(name).generator == reached
    last = len(widths) - 1
    down = [(width, 4 * 2 ** (last - index)) for index, width in enumerate(reversed(widths))]
    assert reach(name).discriminator[1:] == down


@pytest.mark.parametrize("name", FILES)
def test_fisher_gans_own_parameters(name: str, load_reference: Callable[[str], Architecture]) -> None:
    architecture = load_reference(name)
    assert architecture.loss == FisherLoss(rho=1e-6)
    assert architecture.training.discriminator_steps == 2
    assert architecture.training.gain_deviation == 0.02
    assert architecture.optimisers.generator == Adam(learning_rate=2e-4, weight_decay=0.0)
    assert architecture.optimisers.discriminator == Adam(learning_rate=2e-4, weight_decay=0.0)
    assert architecture.optimisers.score_weight_decay is None
