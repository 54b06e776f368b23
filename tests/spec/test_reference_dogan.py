"""Dogan's hypermodel in the middle of its brackets, counted from tables I and II, for each conditioning."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from nas_gan.space import bundled_spaces
from nas_gan.spec import Architecture
from nas_gan.spec.game import HingeLoss

LATENT, DENSE, KERNEL, EMBEDDING, CLASSES = 175, 256, 4, 16, 10
GENERATORS = ["concat", "hidden_concat", "cbn_embedding", "cbn_linear"]
DISCRIMINATORS = ["concat", "hidden_concat", "projection", "auxiliary_classifier"]
PAIRS = list(product(GENERATORS, DISCRIMINATORS))
IMAGE = {"channels": 3, "resolution": 32, "classes": CLASSES}


def deconvolution(inputs: int, outputs: int) -> int:
    """Without bias: a normalisation follows."""
    return inputs * outputs * KERNEL**2


def convolution(inputs: int, outputs: int) -> int:
    """With bias: no normalisation follows."""
    return inputs * outputs * KERNEL**2 + outputs


def count_generator(conditioning: str) -> int:
    embedding = CLASSES * EMBEDDING
    joins_latent = EMBEDDING if conditioning == "concat" else 0
    joins_maps = EMBEDDING if conditioning == "hidden_concat" else 0
    weights = (
        (LATENT + joins_latent) * DENSE * 4 * 4
        + deconvolution(DENSE, 512)
        + deconvolution(512 + joins_maps, 256)
        + deconvolution(256, 128)
        + (128 * 3 * 3 * 3 + 3)
    )
    gains_and_shifts = 2 * (DENSE + 512 + 256 + 128)
    if conditioning == "cbn_embedding":
        return weights + CLASSES * gains_and_shifts
    if conditioning == "cbn_linear":
        return weights + embedding + EMBEDDING * gains_and_shifts
    return weights + embedding + gains_and_shifts


def count_discriminator(conditioning: str) -> int:
    joins_image = EMBEDDING if conditioning == "concat" else 0
    joins_maps = EMBEDDING if conditioning == "hidden_concat" else 0
    layers = (
        convolution(3 + joins_image, 128)
        + convolution(128 + joins_maps, 256)
        + convolution(256, 512)
        + (512 + 1)
    )
    if conditioning == "projection":
        return layers + CLASSES * 512
    if conditioning == "auxiliary_classifier":
        return layers + (512 * CLASSES + CLASSES)
    return layers + CLASSES * EMBEDDING


def test_every_file_is_here() -> None:
    found = {name for name in bundled_spaces() if name.startswith("reference/dogan_")}
    assert found == {f"reference/dogan_{generator}_{discriminator}" for generator, discriminator in PAIRS}


@pytest.mark.parametrize(("generator", "discriminator"), PAIRS)
def test_parameters_follow_from_the_tables(
    generator: str, discriminator: str, check_reference: Callable[..., None]
) -> None:
    counted = (count_generator(generator), count_discriminator(discriminator))
    check_reference(f"dogan_{generator}_{discriminator}", IMAGE, counted)


def test_the_best_pair_in_numbers(check_reference: Callable[..., None]) -> None:
    """Added up with pen and paper, so that the formulas above are checked too."""
    generator = 716_800 + 2_097_152 + 2_097_152 + 524_288 + 3_459 + 10 * 2_304
    discriminator = 6_272 + 524_544 + 2_097_664 + 513 + 5_120
    check_reference("dogan_cbn_embedding_projection", IMAGE, (generator, discriminator))


@pytest.mark.parametrize(("generator", "discriminator"), PAIRS)
def test_kinds_shapes_and_loss(
    generator: str,
    discriminator: str,
    load_reference: Callable[[str], Architecture],
    reach: Callable[[str], Any],
) -> None:
    name = f"dogan_{generator}_{discriminator}"
    architecture = load_reference(name)
    kind = "conditional_batch_norm" if generator.startswith("cbn") else generator
    assert architecture.generator.conditioning.kind == kind
    assert architecture.discriminator.conditioning.kind == discriminator
    assert architecture.loss == HingeLoss()
    assert reach(name).generator == [(256, 4), (512, 8), (256, 16), (128, 32)]
    assert reach(name).discriminator[1:] == [(128, 16), (256, 8), (512, 4)]
