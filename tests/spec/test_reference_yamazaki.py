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
MAY = [name + suffix for name in BLOCKS for suffix in ("", "_minibatch")]
APRIL = [name.replace("yamazaki_", "yamazaki_april_") for name in MAY]
FILES = [*MAY, *APRIL]


def normalised(inputs: int, outputs: int, kernel: int) -> int:
    """A convolution without bias, transposed or not, and batch normalisation's gains and shifts."""
    return inputs * outputs * kernel**2 + 2 * outputs


def stage(inputs: int, outputs: int, blocks: int, april: bool = False) -> int:
    """A row of the table: one 4×4 layer, or residual blocks of which the first has a shortcut: 1×1 and normalised,
    or in April 4×4, and normalised together with the branch beside it."""
    if blocks == 0:
        return normalised(inputs, outputs, 4)
    shortcut = inputs * outputs * 16 if april else normalised(inputs, outputs, 1)
    first = normalised(inputs, outputs, 4) + normalised(outputs, outputs, 3) + shortcut
    return first + (blocks - 1) * 2 * normalised(outputs, outputs, 3)


def count_generator(blocks: int, april: bool) -> int:
    dc1 = normalised(100, 256, 4)
    dc2, dc3 = stage(256, 128, blocks, april), stage(128, 64, blocks, april)
    dc4 = 64 * 3 * 4 * 4 + 3
    return dc1 + dc2 + dc3 + dc4


def count_discriminator(blocks: int, minibatch: bool, april: bool) -> int:
    c1 = 3 * 64 * 4 * 4 + 64
    c2, c3 = stage(64, 128, blocks, april), stage(128, 256, blocks, april)
    features = 256 * 4 * 4
    if not minibatch:
        return c1 + c2 + c3 + features + 1
    # A linear layer to 64, a tensor of 64 × 32 × 8, 32 distances, and a score of 64 + 32 values; 256 in April.
    hidden = 256 if april else 64
    return c1 + c2 + c3 + (features * hidden + hidden) + (hidden * 32 * 8 + 32) + (hidden + 32 + 1)


def test_every_file_is_here() -> None:
    found = {name for name in bundled_spaces() if name.startswith("reference/yamazaki_")}
    assert found == {f"reference/{name}" for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_parameters_follow_from_the_table(name: str, check_reference: Callable[..., None]) -> None:
    april, minibatch = "april" in name, name.endswith("_minibatch")
    blocks = BLOCKS[name.replace("april_", "").removesuffix("_minibatch")]
    counted = (count_generator(blocks, april), count_discriminator(blocks, minibatch, april))
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
    assert architecture.latent_generator.latent_distribution == ("normal" if "april" in name else "uniform")
