"""The architectures of Yamazaki & Yamaguchi 2017, counted from table 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nas_gan.space import bundled_spaces
from nas_gan.spec import Architecture
from nas_gan.spec.game import Adam, NonSaturatingLoss

BLOCKS = {
    "yamazaki_standard": 0,
    "yamazaki_residual_n1": 1,
    "yamazaki_residual_n2": 2,
    "yamazaki_residual_n3": 3,
    "yamazaki_residual_n5": 5,
}
FILES = [name + suffix for name in BLOCKS for suffix in ("", "_minibatch")]


def normalised(inputs: int, outputs: int, kernel: int) -> int:
    """A convolution without bias, transposed or not, and batch normalisation's gains and shifts."""
    return inputs * outputs * kernel**2 + 2 * outputs


def stage(inputs: int, outputs: int, blocks: int) -> int:
    """A row of the table: one 4×4 layer, or residual blocks of which the first has a 1×1 shortcut."""
    if blocks == 0:
        return normalised(inputs, outputs, 4)
    first = normalised(inputs, outputs, 4) + normalised(outputs, outputs, 3) + normalised(inputs, outputs, 1)
    return first + (blocks - 1) * 2 * normalised(outputs, outputs, 3)


def count_generator(blocks: int) -> int:
    dc1 = normalised(100, 256, 4)
    dc2, dc3 = stage(256, 128, blocks), stage(128, 64, blocks)
    dc4 = 64 * 3 * 4 * 4 + 3
    return dc1 + dc2 + dc3 + dc4


def count_discriminator(blocks: int, minibatch: bool) -> int:
    c1 = 3 * 64 * 4 * 4 + 64
    c2, c3 = stage(64, 128, blocks), stage(128, 256, blocks)
    features = 256 * 4 * 4
    if not minibatch:
        return c1 + c2 + c3 + features + 1
    # A linear layer to 64, a tensor of 64 × 32 × 8, 32 distances, and a score of 64 + 32 values.
    return c1 + c2 + c3 + (features * 64 + 64) + (64 * 32 * 8 + 32) + (96 + 1)


def test_every_file_is_here() -> None:
    found = {name for name in bundled_spaces() if name.startswith("reference/yamazaki_")}
    assert found == {f"reference/{name}" for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_parameters_follow_from_the_table(name: str, check_reference: Callable[..., None]) -> None:
    blocks, minibatch = BLOCKS[name.removesuffix("_minibatch")], name.endswith("_minibatch")
    counted = (count_generator(blocks), count_discriminator(blocks, minibatch))
    check_reference(name, {"channels": 3, "resolution": 32}, counted)


def test_the_standard_gan_in_numbers(check_reference: Callable[..., None]) -> None:
    """Added up with pen and paper, so that the formulas above are checked too."""
    generator = 410_112 + 524_544 + 131_200 + 3_075
    discriminator = 3_136 + 131_328 + 524_800 + 4_097
    check_reference("yamazaki_standard", {"channels": 3, "resolution": 32}, (generator, discriminator))


@pytest.mark.parametrize("name", FILES)
def test_stages_have_the_outputs_of_the_table(name: str, reach: Callable[[str], Any]) -> None:
    assert reach(name).generator == [(256, 4), (128, 8), (64, 16)]
    assert reach(name).discriminator == [(64, 16), (128, 8), (256, 4)]


@pytest.mark.parametrize("name", FILES)
def test_training_is_as_published(name: str, load_reference: Callable[[str], Architecture]) -> None:
    architecture = load_reference(name)
    adam = Adam(learning_rate=2e-4, beta1=0.5, beta2=0.999, weight_decay=1e-5)
    assert architecture.optimisers.generator == architecture.optimisers.discriminator == adam
    assert architecture.loss == NonSaturatingLoss()
    assert architecture.training.batch_size == 64
    assert architecture.generator.latent_distribution == "uniform"
