"""Loads what runs need: data on the device, and the scorer of a protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from nas_gan.data import DataConfig, Dataset, cache_folder
from nas_gan.errors import InputError
from nas_gan.metrics.build import build_scorer
from nas_gan.metrics.protocol import find_recipe
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.spec import Image
from nas_gan.study.scoring import Resources


def choose_device(name: str) -> torch.device:
    """The device of a name; `auto` is the GPU where there is one. Raises InputError if it can't be used."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"--device {name}: can't be used here ({reason}); use auto or cpu") from None
    return device


def image_of(dataset: Dataset) -> Image:
    """What an architecture for a dataset has to make."""
    return Image(channels=dataset.channels, resolution=dataset.resolution, classes=dataset.classes)


def load_resources(
    data_config: DataConfig,
    dataset: Dataset,
    *,
    protocol: str,
    seed: int,
    device: torch.device,
    inception_weights: str | None,
    announce: Callable[[str], None],
) -> Resources:
    """Puts the data on the device and makes the scorer; trains its classifier if it isn't in the cache.

    `seed` fixes the noise and labels that are scored. Raises InputError for data or weights that can't be
    scored with.
    """
    recipe = find_recipe(protocol)
    data = ScoringData(
        dataset.train.images,
        dataset.train.labels,
        dataset.held_out.images,
        dataset.held_out.labels,
        dataset.fingerprint,
    )
    scorer = build_scorer(
        replace(recipe, seed=seed),
        data,
        cache_folder(),
        device,
        announce,
        Path(inception_weights) if inception_weights else None,
        data_config.download,
    )
    training_set = dataset.train.to(device)
    return Resources(data_config, dataset, training_set.images, training_set.labels, scorer, device)
