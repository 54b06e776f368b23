"""Every run's discriminator against every run's generator: the rate of correct verdicts.

A verdict is correct where a real image is judged real or a generated one generated; a rate is the mean of the
two shares, in [0, 1], and 0.5 is guessing (Zhang & Zhou, "Review and re-thinking of significant GAN models",
table 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor, nn

from nas_gan.data import Dataset, ImageSet
from nas_gan.errors import InputError
from nas_gan.export.load import find_discriminator, load_folder, load_folder_discriminator
from nas_gan.nets import (
    Discriminator,
    Generator,
    Judges,
    Translators,
    draw_latents,
    generate_images,
    load_judges,
    load_translators,
)
from nas_gan.runs.record import WEIGHTS_FILE, load_record
from nas_gan.runs.scoring import spread_labels
from nas_gan.runs.translation import spread_images, translate_images
from nas_gan.spec import Architecture
from nas_gan.training.batches import to_unit_range

BATCH = 250


@final
@dataclass(frozen=True, eq=False)
class Player:
    """A trained pair of networks, in evaluation mode; the discriminator normalises by the batch it judges.

    Of a translation all four, of which the generator to the target and the target's discriminator play.
    """

    name: str
    architecture: Architecture
    generator: Generator | Translators
    discriminator: Discriminator | Judges


@final
@dataclass(frozen=True)
class CrossTable:
    """`rates[d][g]`: how often discriminator `d` is right about real images and those of generator `g`.

    `images`: generated ones of each generator, and real ones at most.
    """

    names: tuple[str, ...]
    rates: tuple[tuple[float, ...], ...]
    images: int


def load_player(folder: Path, name: str, device: torch.device) -> Player:
    """Load both networks of a run, or of a bundle that has both; raises InputError if any file is missing."""
    architecture = load_record(folder).architecture
    if architecture.translates:
        judges = load_judges(architecture, find_discriminator(folder))
        translators = load_translators(architecture, folder / WEIGHTS_FILE)
        return Player(name, architecture, translators.to(device), judges.to(device))
    discriminator = load_folder_discriminator(folder).to(device)
    normalise_by_batch(discriminator)
    architecture, generator = load_folder(folder)
    return Player(name, architecture, generator.to(device), discriminator)


def normalise_by_batch(discriminator: nn.Module) -> None:
    """Let batch normalisation use the batch's own mean and variance in evaluation mode too.

    In training a discriminator sees batches of one kind, all real or all generated. Its running averages mix
    both, and with them it may be wrong more often than a coin about the very images it was trained on.
    """
    for module in discriminator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = module.running_var = None


def check_players(players: Sequence[Player], dataset: Dataset) -> None:
    """Raise InputError unless all networks are for images like the dataset's, conditional ones for its classes."""
    wanted = (dataset.channels, dataset.resolution)
    for player in players:
        image = player.architecture.image
        if (image.channels, image.resolution) != wanted:
            raise InputError(
                f"{player.name}: is for {image.channels} channels of {image.resolution} pixels, and {dataset.source} "
                f"has {wanted[0]} of {wanted[1]}; give runs of one resolution, or other `data`"
            )
        if player.architecture.translates and dataset.origin is None:
            raise InputError(
                f"{player.name}: translates images, and {dataset.source} holds none to translate; give the pair that "
                "it was trained on as `data`"
            )
        if player.architecture.conditional and image.classes != dataset.classes:
            raise InputError(
                f"{player.name}: knows {image.classes} classes, and {dataset.source} has {dataset.classes}; "
                "give the data it was trained on"
            )


def compute_cross_table(
    players: Sequence[Player], dataset: Dataset, count: int, seed: int, device: torch.device
) -> CrossTable:
    """Let every discriminator judge every generator's `count` images, and as many held-out ones.

    Noise comes from `seed`, the same for all generators of one latent size. Real images bring their labels;
    generated ones have labels in the training set's proportions, also where the generator didn't see them. Translated
    ones are made of as many images that the origin holds out, and have the labels of those, if their classes are the
    target's. A translation's discriminator gives the mean score of its patches.
    """
    real = _first(dataset.held_out, count, seed)
    known = dataset.train.labels
    labels = None if known is None else spread_labels(known, count)[_shuffled(count, seed)]
    generated = [_make(player, dataset, labels, count, seed, device) for player in players]
    rates = []
    for own, judge in enumerate(players):
        on_real = _judge(judge, _real_batches(real, device), real.labels)
        on_generated = [_judge(judge, images, their) for images, their in generated]
        line = find_threshold(judge.architecture.loss.kind, on_real, on_generated[own])
        found = (on_real > line).double().mean().item()
        rates.append(tuple((found + (scores <= line).double().mean().item()) / 2 for scores in on_generated))
    return CrossTable(tuple(player.name for player in players), tuple(rates), count)


def find_threshold(loss: str, real_scores: Tensor, generated_scores: Tensor) -> float:
    """Return the score above which an image is judged real.

    0 where scores are logits (minimax, non-saturating) and at the middle of the hinge's margins; 0.5, midway
    between the targets, for least squares, a translation's among them. A critic's scores (Wasserstein, Fisher) have
    no zero: there it is the middle of its mean scores on real images and on those of the generator it was trained
    with.
    """
    match loss:
        case "least_squares" | "cycle":
            return 0.5
        case "wasserstein" | "fisher":
            return (real_scores.mean().item() + generated_scores.mean().item()) / 2
        case _:
            return 0.0


def _first(images: ImageSet, count: int, seed: int) -> ImageSet:
    """Return evenly spaced images, `count` at most, in a random order."""
    kept = spread_images(images, count)
    order = _shuffled(kept.count, seed)
    return ImageSet(kept.images[order], None if kept.labels is None else kept.labels[order])


def _shuffled(count: int, seed: int) -> Tensor:
    """Return an order in which each batch has all classes, as in training."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def _real_batches(real: ImageSet, device: torch.device) -> Iterator[Tensor]:
    for start in range(0, real.count, BATCH):
        images = real.images[start : start + BATCH].to(device)
        yield to_unit_range(images) if images.dtype == torch.uint8 else images


def _make(
    player: Player, dataset: Dataset, labels: Tensor | None, count: int, seed: int, device: torch.device
) -> tuple[list[Tensor], Tensor | None]:
    """Return a generator's images in batches, and their labels; `labels` are those of generated ones."""
    generator = player.generator
    if isinstance(generator, Translators):
        if dataset.origin is None:
            raise ValueError(f"{dataset.source} has no origin")
        chosen = _first(dataset.origin.held_out, count, seed)
        own = chosen.labels
        if own is None and labels is not None:
            own = labels[: chosen.count]
        return list(translate_images(generator.forth, chosen.images, device, batch_size=BATCH)), own
    network = player.architecture.latent_generator
    latents = draw_latents(count, network.latent_dim, network.latent_distribution, seed)
    given = None if labels is None else labels.to(device)
    return list(generate_images(generator, latents.to(device), given, BATCH)), labels


def _judge(player: Player, batches: Iterator[Tensor] | list[Tensor], labels: Tensor | None) -> Tensor:
    """Return scores float32 [n] of images of one kind, batch by batch, as in training."""
    scores, start = [], 0
    for images in batches:
        part = slice(start, start + len(images))
        with torch.inference_mode():
            score = _score(player.discriminator, images, _part_of(labels, part, images.device))
        scores.append(score.float().cpu())
        start += len(images)
    return torch.cat(scores)


def _score(judge: Discriminator | Judges, images: Tensor, labels: Tensor | None) -> Tensor:
    if isinstance(judge, Judges):
        patches: Tensor = judge.target(images)
        return patches.mean(dim=(1, 2, 3))
    score: Tensor = judge(images, labels).score
    return score


def _part_of(labels: Tensor | None, part: slice, device: torch.device) -> Tensor | None:
    return None if labels is None else labels[part].to(device)
