"""How much of what untrained networks say is due to the label: each way to use labels, from both deviations."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from nas_gan.nets import build_networks
from nas_gan.space import load_space, sample
from nas_gan.space.space import FileSpace
from nas_gan.spec import Architecture, Image

LATENTS, CLASSES = 48, 10


def narrowed(reference: str, deviation: float | None = None) -> Architecture:
    """A reference architecture, narrower where it is convolutional, with embeddings of another deviation."""
    space = load_space(f"reference/{reference}")
    assert isinstance(space, FileSpace)
    tree: dict[str, Any] = sample(space, Image(**space.content.image), random.Random(0)).model_dump(
        mode="json"
    )
    if tree["generator"]["kind"] == "convolutional":
        tree["generator"].update(width=16, stem_width=32)
        tree["discriminator"]["width"] = 16
    if deviation is not None:
        tree["training"]["embedding_deviation"] = deviation
    return Architecture.from_tree(tree, reference)


def share_of_labels(outputs: Tensor) -> float:
    """Of [inputs, classes, values]: the variance between the classes' means, over all of it.

    The variance by input alone would give the means 1 part in LATENTS of it, which is taken off.
    """
    by_class = outputs.mean(0).var(0).sum()
    within = outputs.var(0).mean(0).sum()
    between = (by_class - within / LATENTS).clamp_min(0.0)
    return (between / (between + within)).item()


@torch.no_grad()
def shares(architecture: Architecture) -> tuple[float, float]:
    """Of the label in the output of the generator, and in the discriminator's score of noise."""
    networks = build_networks(architecture, seed=0)
    draw = torch.Generator().manual_seed(1)
    latents = torch.randn(
        LATENTS, architecture.latent_generator.latent_dim, generator=draw
    ).repeat_interleave(CLASSES, 0)
    labels = torch.arange(CLASSES).repeat(LATENTS)
    image = architecture.image
    shape = (LATENTS, image.channels, image.resolution, image.resolution)
    images = (2 * torch.rand(shape, generator=draw) - 1).repeat_interleave(CLASSES, 0)
    made = networks.generator(latents, labels).reshape(LATENTS, CLASSES, -1)
    judged = networks.discriminator(images, labels)
    scores = judged.score.reshape(LATENTS, CLASSES, -1)
    return share_of_labels(made), share_of_labels(scores)


GENERATORS = {
    "concat": "dogan_concat_concat",
    "hidden concat": "dogan_hidden_concat_hidden_concat",
    "linear gains": "dogan_cbn_linear_projection",
    "cGAN": "zhang_cgan",
}


@pytest.mark.parametrize("reference", GENERATORS.values(), ids=GENERATORS)
def test_public_embeddings_make_labels_matter_from_the_start(reference: str) -> None:
    """Half a hundredth or more of the generator's variance; weights' own deviation leaves a thousandth or so."""
    architecture = narrowed(reference)
    assert architecture.training.embedding_deviation == 1.0
    assert shares(architecture)[0] > 0.005
    assert shares(narrowed(reference, 0.02))[0] < 0.002


def test_a_table_of_gains_starts_without_labels() -> None:
    """Gains 1 and shifts 0 for all: what de Vries et al. start from."""
    assert shares(narrowed("dogan_cbn_embedding_projection"))[0] == 0.0


def test_the_discriminators_differ_in_kind() -> None:
    """A projection says as much by label as by image from the start; planes beside an image say less."""
    projection = shares(narrowed("dogan_cbn_embedding_projection"))[1]
    concat, small = (shares(narrowed("dogan_concat_concat", deviation))[1] for deviation in (1.0, 0.02))
    assert projection > 0.2
    assert small < 0.01 < concat
