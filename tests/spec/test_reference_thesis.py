"""The architectures of Yamazaki's thesis 2017, counted from tables A.1 and A.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nas_gan.space import bundled_spaces
from nas_gan.spec import Architecture, compute_cost
from nas_gan.spec.game import Adam, FanInWeights, NormalWeights
from nas_gan.spec.parts import BatchNorm

PLANE = [0, 1]
MNIST = [0, 1, 2, 3, 4, 5]
CIFAR = [0, 1, 2, 3]
CODED = ["mnist_m0", "mnist_m3", "cifar_m1"]
BN = {"bn": True, "bn_generator": False}  # whether the discriminator is normalised


def normalised(inputs: int, outputs: int, kernel: int = 1) -> int:
    """A layer without bias, and batch normalisation's gains and shifts; a kernel of 1 is a linear layer."""
    return inputs * outputs * kernel**2 + 2 * outputs


def biased(inputs: int, outputs: int, kernel: int = 1) -> int:
    """A layer with bias and without normalisation."""
    return inputs * outputs * kernel**2 + outputs


def layer(bn: bool) -> Callable[..., int]:
    return normalised if bn else biased


def stage(inputs: int, outputs: int, blocks: int, bn: bool = True) -> int:
    """One 4×4 layer, or residual blocks of 4×4 and 3×3, the later ones of 3×3 twice; a 1×1 shortcut."""
    count = layer(bn)
    if blocks == 0:
        return count(inputs, outputs, 4)
    first = count(inputs, outputs, 4) + count(outputs, outputs, 3) + count(inputs, outputs, 1)
    return first + (blocks - 1) * 2 * count(outputs, outputs, 3)


def test_every_file_is_here() -> None:
    numbered = [("plane", PLANE), ("mnist", MNIST), ("cifar", CIFAR)]
    wanted = {f"reference/thesis_{data}_m{m}_{bn}" for data, models in numbered for m in models for bn in BN}
    wanted |= {f"reference/thesis_{name}_code" for name in CODED}
    assert {name for name in bundled_spaces() if name.startswith("reference/thesis_")} == wanted


@pytest.mark.parametrize("bn", BN)
@pytest.mark.parametrize("m", PLANE)
def test_plane(m: int, bn: str, check_reference: Callable[..., None]) -> None:
    hidden = 2 * 7 if m else 1
    generator = normalised(32, 32) + hidden * normalised(32, 32) + biased(32, 2)
    discriminator = biased(2, 32) + hidden * layer(BN[bn])(32, 32) + biased(32, 1)
    counted = (generator, discriminator)
    check_reference(f"thesis_plane_m{m}_{bn}", {"channels": 2, "resolution": 1}, counted)


@pytest.mark.parametrize("bn", BN)
@pytest.mark.parametrize("m", MNIST)
def test_mnist(m: int, bn: str, check_reference: Callable[..., None], reach: Callable[[str], Any]) -> None:
    name = f"thesis_mnist_m{m}_{bn}"
    generator = normalised(100, 128, 7) + stage(128, 64, m) + biased(64, 1, 4)
    discriminator = biased(1, 64, 4) + stage(64, 128, m, BN[bn]) + biased(128 * 7 * 7, 1)
    check_reference(name, {"channels": 1, "resolution": 28}, (generator, discriminator))
    assert reach(name).generator == [(128, 7), (64, 14)]
    assert reach(name).discriminator == [(64, 14), (128, 7)]


@pytest.mark.parametrize("bn", BN)
@pytest.mark.parametrize("m", CIFAR)
def test_cifar(m: int, bn: str, check_reference: Callable[..., None], reach: Callable[[str], Any]) -> None:
    name = f"thesis_cifar_m{m}_{bn}"
    generator = normalised(100, 256, 4) + stage(256, 128, m) + stage(128, 64, m) + biased(64, 3, 4)
    stages = stage(64, 128, m, BN[bn]) + stage(128, 256, m, BN[bn])
    discriminator = biased(3, 64, 4) + stages + biased(256 * 4 * 4, 1)
    check_reference(name, {"channels": 3, "resolution": 32}, (generator, discriminator))
    assert reach(name).generator == [(256, 4), (128, 8), (64, 16)]
    assert reach(name).discriminator == [(64, 16), (128, 8), (256, 4)]


@pytest.mark.parametrize("name", CODED)
def test_as_coded_the_networks_are_the_same_and_trained_otherwise(
    name: str, load_reference: Callable[[str], Architecture]
) -> None:
    table, coded = (load_reference(f"thesis_{name}_{suffix}") for suffix in ("bn_generator", "code"))
    assert compute_cost(table) == compute_cost(coded)
    assert coded.training.halves == "apart"
    assert coded.training.linear_initial == FanInWeights(variance=1.0)
    assert all(stage.norm == BatchNorm(epsilon=2e-5) for stage in coded.generator.stages)  # type: ignore[union-attr]


def test_the_smallest_in_numbers(check_reference: Callable[..., None]) -> None:
    """Added up with pen and paper, so that the formulas above are checked too."""
    plane = (1_088 + 1_088 + 66, 96 + 1_088 + 33)
    check_reference("thesis_plane_m0_bn", {"channels": 2, "resolution": 1}, plane)
    mnist = (627_456 + 131_200 + 1_025, 1_088 + 131_328 + 6_273)
    check_reference("thesis_mnist_m0_bn", {"channels": 1, "resolution": 28}, mnist)


@pytest.mark.parametrize(
    ("name", "rate", "deviation", "latent_dim"),
    [("plane_m1_bn", 1e-4, 0.1, 32), ("mnist_m3_bn", 2e-4, 0.02, 100), ("cifar_m2_bn", 2e-4, 0.02, 100)],
)
@pytest.mark.parametrize("suffix", ["", "_generator"])
def test_training_is_as_tables_a3_and_a4(
    name: str,
    suffix: str,
    rate: float,
    deviation: float,
    latent_dim: int,
    load_reference: Callable[[str], Architecture],
) -> None:
    architecture = load_reference(f"thesis_{name}{suffix}")
    adam = Adam(learning_rate=rate, beta1=0.5, beta2=0.999, weight_decay=1e-5)
    assert architecture.optimisers.generator == architecture.optimisers.discriminator == adam
    assert architecture.training.initial == NormalWeights(deviation=deviation)
    assert architecture.latent_generator.latent_dim == latent_dim
    assert architecture.latent_generator.latent_distribution == "uniform"
