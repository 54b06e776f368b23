"""The GAN, cGAN and DCGAN of Zhang & Zhou, counted from the widths of section 3.1 and of the captions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from nas_gan.space import bundled_spaces

Widths = tuple[list[int], list[int]]


PUBLIC = ["zhang_gan_public", "zhang_cgan_public", "zhang_dcgan_public"]


def named(kind: str, *variants: Widths) -> dict[str, Widths]:
    """Widths of generator and discriminator by the name that tells them."""
    return {
        f"zhang_{kind}_g{'_'.join(map(str, generator))}_d{'_'.join(map(str, discriminator))}": (
            generator,
            discriminator,
        )
        for generator, discriminator in variants
    }


GAN = {"zhang_gan": ([128, 256, 512], [512, 256])} | named(
    "gan",
    ([128, 256, 512, 1024], [512, 256]),  # figure 17
    ([128, 256, 512, 1024], [512, 512, 256]),  # 5, 18
    ([128, 256, 512, 1024], [512, 512, 512]),  # 19
    ([128, 256, 512, 1024], [512, 1024, 512]),  # 6
    ([128, 256, 512, 1024, 1536], [512, 1024, 512]),  # 7
    ([128, 256, 512, 1024, 1536], [512, 512, 256]),  # 8
)
CGAN = {"zhang_cgan": ([128, 256, 512, 1024], [512, 512, 512])} | named(  # figures 9, 10, 20
    "cgan",
    ([128, 256, 512, 1024], [512, 512, 256]),  # figure 22
    ([128, 256, 512, 1024], [512, 512, 1024]),  # 12
    ([128, 256, 512, 1024, 1536], [512, 512, 512]),  # 11, 21
    ([128, 256, 512, 1024, 2048], [512, 512, 512, 1024]),  # 23
)
DCGAN = {"zhang_dcgan": ([128, 128, 64], [16, 32, 64, 128])} | named(
    "dcgan",
    ([128, 128, 128, 64], [16, 32, 64, 128]),  # figure 13
    ([128, 128, 128, 64], [16, 32, 64, 128, 256]),  # 14, 25
    ([128, 128, 64, 32], [16, 32, 64, 128, 256]),  # 15, 24
    ([256, 256, 64, 32], [16, 32, 64, 128, 256]),  # 16
    ([256, 128, 64, 32], [16, 32, 64, 128, 256]),  # 26
)


def normalised(inputs: int, outputs: int, positions: int = 1) -> int:
    """Weights without bias, and batch normalisation's gains and shifts; `positions` of a kernel or of maps."""
    return inputs * outputs * positions + 2 * outputs


def biased(inputs: int, outputs: int, positions: int = 1) -> int:
    """Weights and biases, without normalisation."""
    return inputs * outputs * positions + outputs


def count_perceptrons(generator: list[int], discriminator: list[int], label: int) -> tuple[int, int]:
    """`label`: values of the embedding that joins z, and of that which joins the image."""
    table = 10 * label
    hidden = sum(normalised(*pair) for pair in pairwise([100 + label, *generator]))
    judged = sum(biased(*pair) for pair in pairwise([784 + label, *discriminator, 1]))
    return table + hidden + biased(generator[-1], 784), table + judged


def count_dcgan(generator: list[int], discriminator: list[int], image: int) -> tuple[int, int]:
    """Kernels are 3×3; the base is 7×7 for 28 and 4×4 for 32, the last maps 2×2, or 1×1 after five halvings."""
    base = 7 if image == 28 else 4
    made = normalised(100, generator[0], base**2) + biased(generator[-1], 1, 9)
    made += sum(normalised(*pair, 9) for pair in pairwise(generator))
    judged = biased(1, discriminator[0], 9) + sum(normalised(*pair, 9) for pair in pairwise(discriminator))
    left = 4 if len(discriminator) == 4 else 1
    return made, judged + biased(discriminator[-1] * left, 1)


def test_every_file_is_here() -> None:
    found = {name for name in bundled_spaces() if name.startswith("reference/zhang_")}
    assert found == {f"reference/{name}" for name in [*GAN, *CGAN, *DCGAN, *PUBLIC]}


@pytest.mark.parametrize("name", GAN)
def test_gan(name: str, check_reference: Callable[..., None]) -> None:
    check_reference(name, {"channels": 1, "resolution": 28}, count_perceptrons(*GAN[name], label=0))


@pytest.mark.parametrize("name", CGAN)
def test_cgan(name: str, check_reference: Callable[..., None]) -> None:
    image = {"channels": 1, "resolution": 28, "classes": 10}
    check_reference(name, image, count_perceptrons(*CGAN[name], label=10))


@pytest.mark.parametrize("name", DCGAN)
def test_dcgan(name: str, check_reference: Callable[..., None], reach: Callable[[str], Any]) -> None:
    generator, discriminator = DCGAN[name]
    resolution = 28 if name == "zhang_dcgan" else 32
    counted = count_dcgan(generator, discriminator, resolution)
    check_reference(name, {"channels": 1, "resolution": resolution}, counted)
    up, down = ([7, 14, 28], [14, 7, 4, 2]) if resolution == 28 else ([4, 8, 16, 32], [16, 8, 4, 2, 1])
    assert reach(name).generator == list(zip(generator, up, strict=True))
    assert reach(name).discriminator[1:] == list(zip(discriminator, down[: len(discriminator)], strict=True))


def test_public_code_has_a_bias_where_nothing_subtracts_it(check_reference: Callable[..., None]) -> None:
    image = {"channels": 1, "resolution": 28}
    made = 12_928 + sum(normalised(*pair) for pair in pairwise([128, 256, 512, 1024])) + 803_600
    check_reference("zhang_gan_public", image, (made, 401_920 + 131_328 + 257))
    judged = 100 + 407_040 + 2 * 262_656 + 513
    check_reference("zhang_cgan_public", {**image, "classes": 10}, (100 + made + 1_280, judged))
    dcgan = (627_456 + 147_712 + 73_856 + 577, 160 + 4_704 + 18_624 + 74_112 + 513)
    check_reference("zhang_dcgan_public", image, dcgan)


def test_the_originals_in_numbers(check_reference: Callable[..., None]) -> None:
    """Added up with pen and paper, so that the formulas above are checked too."""
    image = {"channels": 1, "resolution": 28}
    gan = (13_056 + 33_280 + 132_096 + 402_192, 401_920 + 131_328 + 257)
    check_reference("zhang_gan", image, gan)
    cgan = (100 + 14_336 + 33_280 + 132_096 + 526_336 + 803_600, 100 + 407_040 + 2 * 262_656 + 513)
    check_reference("zhang_cgan", {**image, "classes": 10}, cgan)
    dcgan = (627_456 + 147_712 + 73_856 + 577, 160 + 4_672 + 18_560 + 73_984 + 513)
    check_reference("zhang_dcgan", image, dcgan)
