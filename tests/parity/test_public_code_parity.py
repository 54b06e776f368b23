"""Networks of reference files against the authors' modules, written here again in plain PyTorch."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas_gan.nets import Networks, build_networks
from nas_gan.space import load_space, sample
from nas_gan.space.space import FileSpace
from nas_gan.spec import Image
from nas_gan.training.drawing import let_draw

WEIGHTED = nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.BatchNorm2d | nn.BatchNorm1d


def load(name: str) -> Networks:
    space = load_space(f"reference/{name}")
    assert isinstance(space, FileSpace)
    return build_networks(sample(space, Image(**space.content.image), random.Random(0)), seed=0)


def weighted(network: nn.Module) -> list[Any]:
    return [module for module in network.modules() if isinstance(module, WEIGHTED)]


@torch.no_grad()
def give_weights(ours: nn.Module, theirs: nn.Module) -> None:
    """Moves all of ours, so that every one counts, and puts them into theirs; a bias that ours lacks is 0."""
    for one, other in zip(weighted(ours), weighted(theirs), strict=True):
        for name, parameter in other.named_parameters():
            own = getattr(one, name)
            if own is None:
                parameter.zero_()
                continue
            own.add_(torch.randn(own.shape) * 0.1)
            spread = isinstance(one, nn.ConvTranspose2d) and isinstance(other, nn.Linear)
            parameter.copy_(own.reshape(len(own), -1).T if spread else own.reshape(parameter.shape))


def dcgan_generator() -> nn.Module:
    """PyTorch-GAN's, for images of 28."""
    return nn.Sequential(
        nn.Linear(100, 128 * 7**2),
        nn.Unflatten(1, (128, 7, 7)),
        nn.BatchNorm2d(128),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(128, 128, 3, stride=1, padding=1),
        nn.BatchNorm2d(128, 0.8),
        nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(128, 64, 3, stride=1, padding=1),
        nn.BatchNorm2d(64, 0.8),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 3, stride=1, padding=1),
        nn.Tanh(),
    )


def dcgan_discriminator() -> nn.Module:
    def layers() -> Iterator[nn.Module]:
        for inputs, outputs in ((1, 16), (16, 32), (32, 64), (64, 128)):
            yield from (nn.Conv2d(inputs, outputs, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25))
            if inputs > 1:
                yield nn.BatchNorm2d(outputs, 0.8)

    return nn.Sequential(*layers(), nn.Flatten(), nn.Linear(128 * 2**2, 1))


def gan_generator() -> nn.Module:
    hidden = [nn.Linear(100, 128), nn.LeakyReLU(0.2)]
    for inputs, outputs in ((128, 256), (256, 512), (512, 1024)):
        hidden += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs, 0.8), nn.LeakyReLU(0.2)]
    return nn.Sequential(*hidden, nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("name", "generator"), [("zhang_dcgan_public", dcgan_generator), ("zhang_gan_public", gan_generator)]
)
def test_generators_of_public_code(name: str, generator: Callable[[], nn.Module], training: bool) -> None:
    ours, theirs = load(name).generator.train(training), generator().train(training)
    give_weights(ours, theirs)
    latents = torch.randn(4, 100)
    torch.testing.assert_close(ours(latents), theirs(latents), rtol=1e-4, atol=1e-5)


def test_the_discriminator_of_public_code() -> None:
    ours, theirs = load("zhang_dcgan_public").discriminator.eval(), dcgan_discriminator().eval()
    give_weights(ours, theirs)
    images = torch.randn(4, 1, 28, 28)
    torch.testing.assert_close(ours(images).score, theirs(images).squeeze(1), rtol=1e-4, atol=1e-5)


def test_dropout_stands_where_public_code_has_it() -> None:
    """With the same maps dropped, training gives the same scores."""
    ours, theirs = load("zhang_dcgan_public").discriminator, dcgan_discriminator()
    give_weights(ours, theirs)
    images, draws = torch.randn(4, 1, 28, 28), torch.Generator().manual_seed(3)
    let_draw(ours, torch.Generator().manual_seed(3))
    for dropout in [module for module in theirs.modules() if isinstance(module, nn.Dropout2d)]:

        def drop(_: nn.Module, inputs: tuple[Tensor], __: Tensor) -> Tensor:
            kept = torch.empty(inputs[0].shape[:2]).bernoulli_(0.75, generator=draws)
            return inputs[0] * kept[:, :, None, None] / 0.75

        dropout.register_forward_hook(drop)
    torch.testing.assert_close(ours(images).score, theirs(images).squeeze(1), rtol=1e-4, atol=1e-5)


def up(maps: Tensor, weight: Tensor) -> Tensor:
    return F.conv_transpose2d(maps, weight, stride=2, padding=1)


def down(maps: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(maps, weight, stride=2, padding=1)


def leaky(maps: Tensor) -> Tensor:
    return F.leaky_relu(maps, 0.2)


@pytest.mark.parametrize(
    ("network", "inputs", "resample", "activate"),
    [("generator", 256, up, F.relu), ("discriminator", 64, down, leaky)],
)
def test_residual_blocks_of_april(
    network: str, inputs: int, resample: Callable[..., Tensor], activate: Callable[[Tensor], Tensor]
) -> None:
    """As in gan-complexity at 011419c: one normalisation, after the sum; shortcuts as wide as the layer beside."""
    stage = getattr(load("yamazaki_april_residual_n2"), network).stages.bodies[0]
    with torch.no_grad():
        for parameter in stage.parameters():
            parameter.add_(torch.randn(parameter.shape) * 0.05)
    first, norm, second, shortcut, summed, third, its_norm, last, its_sum = weighted(stage)
    maps = torch.randn(3, inputs, 8, 8)
    h = activate(_normalise(resample(maps, first.weight), norm))
    h = F.conv2d(h, second.weight, padding=1) + resample(maps, shortcut.weight)
    h = activate(_normalise(h, summed))
    branch = activate(_normalise(F.conv2d(h, third.weight, padding=1), its_norm))
    h = activate(_normalise(F.conv2d(branch, last.weight, padding=1) + h, its_sum))
    torch.testing.assert_close(stage(maps), h, rtol=1e-4, atol=1e-4)


def _normalise(maps: Tensor, norm: nn.BatchNorm2d) -> Tensor:
    return F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True, eps=2e-5)
