"""Loads what runs need: data on the device, and the scorer of a protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from nas_gan.data import DataConfig, Dataset, cache_folder
from nas_gan.errors import InputError
from nas_gan.metrics.build import build_scorer
from nas_gan.metrics.interface import GeneratorScorer
from nas_gan.metrics.plane_protocol import PlaneRecipe
from nas_gan.metrics.plane_scorer import PlaneData, build_plane_scorer
from nas_gan.metrics.protocol import Recipe, find_fitting_recipe
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.runs.scoring import Resources
from nas_gan.spec import Architecture, Image
from nas_gan.training import Precision, fastest_precision


def choose_device(name: str) -> torch.device:
    """Return the device of a name; `auto` is the GPU where there is one. Raises InputError if it can't be used."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{name}: can't be used here ({reason}); use auto or cpu", setting="device"
        ) from None
    return device


def choose_precision(name: str, device: torch.device) -> Precision:
    """Return the precision of a name; `auto` is the fastest on the device. Raises InputError for another name."""
    match name:
        case "auto":
            return fastest_precision(device)
        case "float32" | "bfloat16":
            return name
        case _:
            raise InputError(f"{name}: not known; use one of auto, float32, bfloat16", setting="precision")


def image_of(dataset: Dataset) -> Image:
    """Return what an architecture for a dataset has to make."""
    return Image(channels=dataset.channels, resolution=dataset.resolution, classes=dataset.classes)


def check_domains(architecture: Architecture, dataset: Dataset) -> None:
    """Raise InputError for an architecture that translates, where the dataset is no pair."""
    if architecture.translates and dataset.origin is None:
        raise InputError(
            f"{dataset.source}: holds images of one domain, and a translation needs two; give a pair as "
            "ORIGIN:TARGET, or outlines",
            setting="data",
        )


def find_recipe_for(dataset: Dataset, protocol: str | None) -> Recipe:
    """Return the recipe called `protocol`, or the dataset's default; raises InputError if it can't score such data."""
    return find_fitting_recipe(protocol, dataset.source, dataset.is_points, dataset.classes)


def load_resources(
    data_config: DataConfig,
    dataset: Dataset,
    *,
    protocol: str | None,
    seed: int,
    device: torch.device,
    inception_weights: str | None,
    announce: Callable[[str], None],
    translates: bool = False,
) -> Resources:
    """Put the data on the device and make the scorer; train its extractor if it isn't in the cache.

    Without a `protocol` it is the default of labelled images, of others, or of points. `seed` fixes the noise and
    labels that are scored. With `translates` there are no more images to score than the origin holds out. Raises
    InputError for data or weights that can't be scored with.
    """
    recipe = replace(find_recipe_for(dataset, protocol), seed=seed)
    if translates and dataset.origin is not None:
        recipe = _with_at_most(recipe, dataset.origin.held_out.count)
    scorer = _build_scorer(data_config, dataset, recipe, device, inception_weights, announce)
    training_set = dataset.train.to(device)
    origin = None if dataset.origin is None else dataset.origin.train.images.to(device)
    return Resources(data_config, dataset, training_set.images, training_set.labels, scorer, device, origin)


def under_protocol(
    resources: Resources, protocol: str, *, inception_weights: str | None, announce: Callable[[str], None]
) -> Resources:
    """Return the same data and device, scored under another protocol, with the same noise."""
    before = resources.scorer.protocol
    recipe = replace(find_recipe_for(resources.dataset, protocol), seed=before.seed)
    scorer = _build_scorer(
        resources.data_config,
        resources.dataset,
        _with_at_most(recipe, before.sample_count),
        resources.device,
        inception_weights,
        announce,
    )
    return replace(resources, scorer=scorer)


def _with_at_most(recipe: Recipe, count: int) -> Recipe:
    """Return a recipe that takes no more generated images than there can be."""
    return replace(recipe, sample_count=min(recipe.sample_count, count))


def _build_scorer(
    data_config: DataConfig,
    dataset: Dataset,
    recipe: Recipe,
    device: torch.device,
    inception_weights: str | None,
    announce: Callable[[str], None],
) -> GeneratorScorer:
    if isinstance(recipe, PlaneRecipe):
        return build_plane_scorer(recipe, _plane_data(dataset))
    return build_scorer(
        recipe,
        _scoring_data(dataset),
        cache_folder(),
        device,
        announce,
        Path(inception_weights) if inception_weights else None,
        data_config.download,
    )


def _plane_data(dataset: Dataset) -> PlaneData:
    if dataset.modes is None:
        raise InputError(f"{dataset.source}: holds points and doesn't say where their modes are")
    return PlaneData(
        dataset.held_out.images, dataset.modes.anchors, dataset.modes.radius, dataset.fingerprint
    )


def _scoring_data(dataset: Dataset) -> ScoringData:
    return ScoringData(
        dataset.train.images,
        dataset.train.labels,
        dataset.held_out.images,
        dataset.held_out.labels,
        dataset.fingerprint,
    )
