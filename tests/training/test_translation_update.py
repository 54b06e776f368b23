"""The update of a translation against the same steps written out in float64, its pool, and going on from a state."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas_gan.nets import build_translation
from nas_gan.spec import Architecture
from nas_gan.spec.game import CycleLoss, DecayingAdam, TranslationGame
from nas_gan.training import Trainer, TrainingData
from nas_gan.training.pool import ImagePool
from nas_gan.training.translation_update import TranslationUpdate

SEED = 7
TREE: dict[str, Any] = {
    "image": {"channels": 1, "resolution": 8},
    "generator": {"kind": "translator", "width": 2, "depth": 1, "blocks": 1},
    "discriminator": {"kind": "patch", "width": 2, "layers": 1},
    "loss": {"kind": "cycle", "cycle_weight": 10.0, "identity_weight": 5.0, "pool_size": 3},
    "optimisers": {
        name: {"kind": "decaying_adam", "learning_rate": 1e-3, "constant_images": 2, "decay_images": 16}
        for name in ("generator", "discriminator")
    },
    "training": {"batch_size": 2, "moving_average": 0.0},
}


def make_data() -> TrainingData:
    random = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (12, 1, 8, 8), generator=random, dtype=torch.uint8)
    return TrainingData(images[:5], None, images[5:])


def game_of(architecture: Architecture) -> TranslationGame:
    game = architecture.game
    assert isinstance(game, TranslationGame)
    return game


def public_generator() -> nn.Sequential:
    """The layers of the public code, of this size, each module as it is called there."""
    block = [nn.ReflectionPad2d(1), nn.Conv2d(4, 4, 3), nn.InstanceNorm2d(4), nn.ReLU()]
    return nn.Sequential(
        *(nn.ReflectionPad2d(3), nn.Conv2d(1, 2, 7), nn.InstanceNorm2d(2), nn.ReLU()),
        *(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.InstanceNorm2d(4), nn.ReLU()),
        Residual(nn.Sequential(*block, *(nn.ReflectionPad2d(1), nn.Conv2d(4, 4, 3), nn.InstanceNorm2d(4)))),
        *(
            nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1),
            nn.InstanceNorm2d(2),
            nn.ReLU(),
        ),
        *(nn.ReflectionPad2d(3), nn.Conv2d(2, 1, 7), nn.Tanh()),
    )


def public_discriminator() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(1, 2, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(2, 4, 4, 1, 1), nn.InstanceNorm2d(4), nn.LeakyReLU(0.2)),
        nn.Conv2d(4, 1, 4, 1, 1),
    )


class Residual(nn.Module):
    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = x + self.body(x)
        return added


def in_float64(network: nn.Module, own: nn.Module) -> nn.Module:
    """The public network in float64 with the weights of ours."""
    for public, mine in zip(network.parameters(), own.parameters(), strict=True):
        public.data = mine.detach().double()
    return network


@torch.no_grad()
def query(pool: list[Tensor], images: Tensor, random: torch.Generator) -> Tensor:
    shown = []
    for image in images:
        if len(pool) < 3:
            pool.append(image)
            shown.append(image)
        elif torch.rand((), generator=random) >= 0.5:
            place = int(torch.randint(3, (), generator=random))
            shown.append(pool[place])
            pool[place] = image
        else:
            shown.append(image)
    return torch.stack(shown)


def test_updates_are_those_of_the_public_code_in_float64() -> None:
    architecture = Architecture.from_tree(TREE, "test")
    own, judges = build_translation(architecture, 3)
    forth, back = (in_float64(public_generator(), net) for net in (own.forth, own.back))
    judge_a, judge_b = (in_float64(public_discriminator(), net) for net in (judges.origin, judges.target))
    data = make_data()
    update = TranslationUpdate(own, judges, data, game_of(architecture), SEED, "float32")
    generator_adam = torch.optim.Adam([*forth.parameters(), *back.parameters()], betas=(0.5, 0.999))
    judge_adam = torch.optim.Adam([*judge_a.parameters(), *judge_b.parameters()], betas=(0.5, 0.999))
    random = torch.Generator().manual_seed(SEED)
    draws = [torch.Generator().manual_seed(SEED + place) for place in range(2)]
    pools: list[list[Tensor]] = [[], []]
    orders = [torch.empty(0, dtype=torch.int64)] * 2
    for step in range(6):
        real = []
        for place, images in enumerate((data.origin, data.images)):
            assert images is not None
            while len(orders[place]) < 2:
                orders[place] = torch.cat([orders[place], torch.randperm(len(images), generator=random)])
            real.append(images[orders[place][:2]].double() / 127.5 - 1)
            orders[place] = orders[place][2:]
        rate = 1e-3 * min(1.0, 1 - (2 * step - 2) / 16)
        for group in (*generator_adam.param_groups, *judge_adam.param_groups):
            group["lr"] = rate
        a, b = real
        fake_b, fake_a = forth(a), back(b)
        loss = F.mse_loss(judge_b(fake_b), torch.ones_like(judge_b(fake_b)))
        loss = loss + F.mse_loss(judge_a(fake_a), torch.ones_like(judge_a(fake_a)))
        loss = loss + 10 * (F.l1_loss(back(fake_b), a) + F.l1_loss(forth(fake_a), b))
        loss = loss + 5 * (F.l1_loss(forth(b), b) + F.l1_loss(back(a), a))
        generator_adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        generator_adam.step()
        judged = torch.zeros((), dtype=torch.float64)
        for place, (judge, fake) in enumerate(((judge_a, fake_a), (judge_b, fake_b))):
            on_real, on_fake = judge(real[place]), judge(query(pools[place], fake.detach(), draws[place]))
            zeros, ones = torch.zeros_like(on_fake), torch.ones_like(on_real)
            judged = judged + 0.5 * (F.mse_loss(on_real, ones) + F.mse_loss(on_fake, zeros))
        judge_adam.zero_grad()
        judged.backward()  # type: ignore[no-untyped-call]
        judge_adam.step()
        statistics = update()
        assert float(statistics[1]) == pytest.approx(loss.item(), rel=1e-4)
        assert float(statistics[0]) == pytest.approx(judged.item(), rel=1e-4)
    mine = itertools.chain(own.parameters(), judges.parameters())
    theirs = itertools.chain(*(net.parameters() for net in (forth, back, judge_a, judge_b)))
    for one, other in zip(mine, theirs, strict=True):
        # Biases before a normalisation have no gradient but rounding, which Adam makes steps of.
        if one.dim() > 1:
            torch.testing.assert_close(one.double(), other, rtol=0, atol=2e-5)


def test_a_run_goes_on_with_the_same_bits_its_pools_included() -> None:
    architecture = Architecture.from_tree(TREE, "test")

    def make(seed: int) -> Trainer:
        return Trainer(*build_translation(architecture, seed), make_data(), game_of(architecture), SEED)

    whole, first, second = make(0), make(0), make(5)
    whole.advance(16)
    first.advance(8)
    second.load_state(first.state())
    second.advance(16)
    expected, found = whole.state(), second.state()
    assert found.tensors.keys() == expected.tensors.keys()
    assert len(expected.tensors["update/target_pool/images"]) == 3
    for name, tensor in expected.tensors.items():
        if not name.startswith(("window/", "guards/")):
            assert torch.equal(found.tensors[name], tensor), name


def test_a_pool_passes_on_all_until_it_is_full_and_then_half_of_the_new_ones() -> None:
    pool = ImagePool(10, seed=0)
    images = torch.arange(2010.0).view(-1, 1, 1, 1)
    assert torch.equal(pool.exchange(images[:10]), images[:10])
    shown = pool.exchange(images[10:])
    old = (shown != images[10:]).double().mean()
    assert 0.45 < float(old) < 0.55
    everything = torch.cat([shown.flatten(), pool.state().tensors["images"].flatten()]).sort().values
    assert torch.equal(everything, images.flatten())  # none twice, none lost
    assert torch.equal(ImagePool(0, seed=0).exchange(images), images)
    with pytest.raises(ValueError, match="a pool of 10 images, and this one holds 4"):
        ImagePool(4, seed=0).load_state(pool.state())


def test_the_rate_is_constant_and_then_falls_to_0() -> None:
    adam = DecayingAdam(learning_rate=0.2, constant_images=100, decay_images=50)
    assert [adam.rate_at(seen) for seen in (0, 100, 125, 150, 1000)] == pytest.approx([0.2, 0.2, 0.1, 0, 0])


def test_identity_and_pool_can_be_left_out_and_one_domain_is_too_few() -> None:
    architecture = Architecture.from_tree(TREE, "test")
    game = TranslationGame(loss=CycleLoss(identity_weight=0.0, pool_size=0), training=architecture.training)
    networks = build_translation(architecture, 0)
    assert TranslationUpdate(*networks, make_data(), game, SEED, "float32")().isfinite().all()
    with pytest.raises(ValueError, match="needs images of two domains"):
        TranslationUpdate(*networks, TrainingData(make_data().images, None), game, SEED, "float32")
