"""Discriminators against generators: rates counted by hand, thresholds, and what can't be paired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from nas_gan.data import Dataset, ImageSet
from nas_gan.errors import InputError
from nas_gan.nets import build_networks, draw_latents
from nas_gan.runs.crossval import (
    Player,
    check_players,
    compute_cross_table,
    find_threshold,
    normalise_by_batch,
)
from nas_gan.runs.scoring import spread_labels
from nas_gan.spec import Architecture

CPU = torch.device("cpu")
COUNT = 6
MakePlayer = Callable[..., Player]


@pytest.fixture
def dataset() -> Dataset:
    """Twenty 8×8 images in two classes, four of them held out."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (20, 1, 8, 8), generator=random, dtype=torch.uint8)
    labels = torch.arange(20) % 2
    return Dataset(
        "noise",
        "noise",
        ("a", "b"),
        ImageSet(images[:16], labels[:16]),
        ImageSet(images[16:], labels[16:]),
        "f",
    )


@pytest.fixture
def make_player() -> MakePlayer:
    """Makes a small untrained pair: `make_player("name", seed=1, conditioning="projection")`."""

    def make(name: str, seed: int = 0, loss: str = "non_saturating", **image: Any) -> Player:
        conditional = image.pop("conditional", False)
        tree = {
            "image": {"channels": 1, "resolution": 8, "classes": 2} | image,
            "generator": {
                "latent_dim": 3,
                "width": 2,
                "stages": [{}],
                "conditioning": "concat" if conditional else "none",
            },
            "discriminator": {
                "width": 2,
                "stages": [{}],
                "conditioning": "projection" if conditional else "none",
            },
            "loss": loss,
            "training": {"initial": {"kind": "normal", "deviation": 0.5}},
        }
        architecture = Architecture.from_tree(tree, "test")
        networks = build_networks(architecture, seed)
        return Player(name, architecture, networks.generator.eval(), networks.discriminator.eval())

    return make


def _rate_by_hand(judge: Player, artist: Player, dataset: Dataset) -> float:
    """One image at a time, labels always given; right verdicts of each kind, halved and added."""
    assert dataset.train.labels is not None
    assert dataset.held_out.labels is not None
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(7))
    labels = spread_labels(dataset.train.labels, COUNT)[order]
    latents = draw_latents(COUNT, 3, artist.architecture.latent_generator.latent_distribution, 7)
    right = 0.0
    with torch.inference_mode():
        for image, label in zip(dataset.held_out.images, dataset.held_out.labels, strict=True):
            real = image[None].float() / 127.5 - 1.0
            right += 0.5 / 4 * (judge.discriminator(real, label[None]).score.item() > 0)
        for latent, label in zip(latents, labels, strict=True):
            made = artist.generator(latent[None], label[None])
            right += 0.5 / COUNT * (judge.discriminator(made, label[None]).score.item() <= 0)
    return right


def test_rates_are_those_counted_by_hand(dataset: Dataset, make_player: MakePlayer) -> None:
    players = [
        make_player("one", 1),
        make_player("two", 2, conditional=True),
        make_player("three", 3, "hinge"),
    ]
    table = compute_cross_table(players, dataset, COUNT, 7, CPU)
    assert table.names == ("one", "two", "three")
    for judge, rates in zip(players, table.rates, strict=True):
        for artist, rate in zip(players, rates, strict=True):
            assert rate == pytest.approx(_rate_by_hand(judge, artist, dataset), abs=1e-12)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("minimax", 0.0),
        ("non_saturating", 0.0),
        ("hinge", 0.0),
        ("least_squares", 0.5),
        ("wasserstein", 4.0),
        ("fisher", 4.0),
    ],
)
def test_a_threshold_lies_where_the_loss_puts_it(loss: str, expected: float) -> None:
    assert find_threshold(loss, torch.tensor([5.0, 7.0]), torch.tensor([1.0, 3.0])) == expected


def test_what_does_not_fit_the_data_is_refused(dataset: Dataset, make_player: MakePlayer) -> None:
    with pytest.raises(InputError, match="big: is for 1 channels of 16 pixels, and noise has 1 of 8"):
        check_players([make_player("ok"), _resized(make_player)], dataset)
    with pytest.raises(InputError, match="many: knows 5 classes, and noise has 2"):
        check_players([make_player("many", conditional=True, classes=5)], dataset)
    check_players([make_player("other", classes=5)], dataset)  # unconditional: its classes don't matter


def _resized(make_player: MakePlayer) -> Player:
    player = make_player("big")
    image = player.architecture.image.model_copy(update={"resolution": 16})
    architecture = player.architecture.model_copy(update={"image": image})
    return Player("big", architecture, player.generator, player.discriminator)


def test_a_discriminator_normalises_by_the_batch_it_judges(make_player: MakePlayer) -> None:
    discriminator = make_player("one").discriminator
    norm = torch.nn.BatchNorm2d(3).eval()
    discriminator.add_module("norm", norm)
    maps = torch.randn(16, 3, 4, 4) * 5 + 2
    normalise_by_batch(discriminator)
    normalised = norm(maps)
    assert normalised.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert (normalised.std(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-3
    assert norm.running_mean is None
