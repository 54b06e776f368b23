"""From a dataset and a named recipe to a scorer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from nas_gan.errors import InputError
from nas_gan.metrics.classifier_extractor import load_classifier
from nas_gan.metrics.classifier_training import THESIS, ClassifierConfig
from nas_gan.metrics.extractor import FeatureExtractor
from nas_gan.metrics.inception import find_inception_weights, load_inception
from nas_gan.metrics.protocol import ProtocolRecipe, ScoreProtocol
from nas_gan.metrics.reference import load_reference
from nas_gan.metrics.scorer import Scorer
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.metrics.selfsup_extractor import load_selfsup
from nas_gan.metrics.selfsup_training import SelfsupConfig
from nas_gan.metrics.stretched import StretchedExtractor


def build_scorer(
    recipe: ProtocolRecipe,
    data: ScoringData,
    cache: Path,
    device: torch.device,
    announce: Callable[[str], None],
    inception_weights: Path | None = None,
    download: bool = False,
) -> Scorer:
    """Return a scorer for generators of images like `data`'s, whose features are extracted on `device`.

    What takes long, a network that is trained and the real images' statistics, is kept in `cache` and made only once;
    `announce` gets a line before and after. `inception_weights` and `download` matter to inception recipes
    only. InputError when the data can't be scored by this recipe, or the weights are missing or wrong.
    """
    images = data.get_reference(recipe.reference)
    if len(images) < 2:
        raise InputError(
            f"protocol {recipe.name} compares with the {recipe.reference} images, of which the dataset has "
            f"{len(images)}; give it at least 2"
        )
    extractor: FeatureExtractor
    if recipe.extractor == "classifier":
        extractor = load_classifier(
            data, cache, device, announce, THESIS if recipe.thesis_classifier else ClassifierConfig()
        )
    elif recipe.extractor == "selfsup":
        extractor = load_selfsup(data, cache, device, announce, SelfsupConfig())
    else:
        extractor = load_inception(
            find_inception_weights(inception_weights, cache, download, announce), device
        )
    if recipe.stretched:
        extractor = StretchedExtractor(extractor)
    protocol = build_protocol(recipe, data, extractor)
    labels = data.get_reference_labels(recipe.reference)
    return Scorer(extractor, load_reference(images, labels, extractor, protocol, cache, announce), protocol)


def build_protocol(recipe: ProtocolRecipe, data: ScoringData, extractor: FeatureExtractor) -> ScoreProtocol:
    """Return the recipe met with a dataset and an extractor; subsets shrink where there are fewer images."""
    reference_count = len(data.get_reference(recipe.reference))
    return ScoreProtocol(
        name=recipe.name,
        extractor=extractor.name,
        extractor_hash=extractor.hash,
        preprocessing=extractor.preprocessing,
        resolution=data.resolution,
        sample_count=recipe.sample_count,
        splits=recipe.splits,
        seed=recipe.seed,
        reference=recipe.reference,
        reference_count=reference_count,
        reference_fingerprint=data.fingerprint,
        kernel_subsets=recipe.kernel_subsets,
        kernel_subset_size=min(
            recipe.kernel_subset_size, recipe.kernel_features, reference_count, recipe.sample_count
        ),
        kernel_features=recipe.kernel_features,
    )
