"""What is stored with a study so that a worker anywhere can join it: how to search, and the space itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

import optuna
import torch

from nas_gan.data import Dataset, load_dataset
from nas_gan.errors import InputError
from nas_gan.runs.resources import check_domains, choose_precision, find_recipe_for, image_of, load_resources
from nas_gan.runs.scoring import Resources
from nas_gan.search.definition import (
    STORED_SETTINGS,
    StudyDefinition,
    check_signal,
    choose_metric,
    choose_others,
    definition_of,
)
from nas_gan.search.settings import SETTINGS, SearchSettings
from nas_gan.space import FileSpace, Space, load_space, sample
from nas_gan.store.remote_folder import is_url

SPACE_TREE = "space_tree"


@final
@dataclass(frozen=True)
class Ingredients:
    """What a search or a worker needs before its first trial."""

    config: SearchSettings
    space: Space
    resources: Resources
    definition: StudyDefinition


def store_settings(study: optuna.Study, config: SearchSettings, space: Space) -> None:
    """Store how a study is searched: files by their full path, the space by the content that was read."""
    kept = {name for name, setting in SETTINGS.items() if setting.kept}
    whole_paths = {
        name: _whole_path(getattr(config, name)) for name in ("data", "data_root", "inception_weights")
    }
    settings = config.model_dump(mode="json", include=kept) | whole_paths
    settings |= {
        "out": config.out if is_url(config.out) else str(Path(config.out).resolve()),
        SPACE_TREE: space.tree if isinstance(space, FileSpace) else None,
    }
    study.set_user_attr(STORED_SETTINGS, settings)


def stored_out(study: optuna.Study) -> str | None:
    """Say where a study's runs are, a path or a URL; None for a study that doesn't say how it is searched."""
    return dict(study.user_attrs.get(STORED_SETTINGS, {})).get("out")


def load_settings(study: optuna.Study, storage: str) -> tuple[SearchSettings, Space]:
    """Say how a study is searched, as it was stored; raises InputError if it wasn't, or not by this version."""
    settings: dict[str, Any] = dict(study.user_attrs.get(STORED_SETTINGS, {}))
    definition = definition_of(study)
    if SPACE_TREE not in settings:
        raise InputError(
            f"study {study.study_name!r} doesn't say how it is searched; continue it once with: "
            "python -m nas_gan search"
        )
    tree = settings.pop(SPACE_TREE)
    try:
        config = SearchSettings(study=study.study_name, storage=storage, **settings)
    except InputError as error:
        raise InputError(
            f"study {study.study_name!r} is stored with settings that can't be used: {error}"
        ) from None
    if tree is None:
        return config, load_space(config.space)
    return config, FileSpace.from_tree(
        definition.space, tree, f"space {definition.space} of study {study.study_name}"
    )


def gather(
    config: SearchSettings,
    space: Space,
    device: torch.device,
    announce: Callable[[str], None],
    check: Callable[[Dataset], None],
) -> Ingredients:
    """Load data and scorer, and say what study they make. `check` is called before anything that takes long."""
    data = config.data_config()
    dataset = load_dataset(data, announce)
    image = image_of(dataset)
    # The cheap checks come before the classifier, which may take minutes to train.
    space.check(image)
    some = sample(space, image, random.Random(0))
    check_domains(some, dataset)
    recipe = find_recipe_for(dataset, config.protocol)
    metric = choose_metric(config.metrics[0] if config.metrics else None, image, recipe)
    others = choose_others(config.metrics[1:], image, recipe)
    check(dataset)
    resources = load_resources(
        data,
        dataset,
        protocol=recipe.name,
        seed=config.seed,
        device=device,
        inception_weights=config.inception_weights,
        announce=announce,
        translates=some.translates,
    )
    definition = StudyDefinition(
        space=space.name,
        space_fingerprint=space.fingerprint,
        data=dataset.name,
        data_fingerprint=dataset.fingerprint,
        channels=image.channels,
        resolution=image.resolution,
        classes=image.classes,
        metric=metric,
        protocol=asdict(resources.scorer.protocol),
        images=config.images,
        rungs=config.rungs,
        seed=config.seed,
        signal=check_signal(config.signal, image, recipe),
        precision=choose_precision(config.precision, device),
        other_metrics=others,
    )
    return Ingredients(config, space, resources, definition)


def gather_for_worker(
    study: optuna.Study, storage: str, device: torch.device, announce: Callable[[str], None]
) -> Ingredients:
    """Return what a worker needs for a study; raises InputError if what is here makes another study than that."""
    config, space = load_settings(study, storage)
    stored = definition_of(study)
    found = gather(config, space, device, announce, lambda _: None)
    # Fingerprints see to it that data of the same name is the same; where it lies may differ.
    differences = replace(found.definition, data=stored.data).differences(stored)
    if differences:
        raise InputError(f"study {study.study_name!r} can't be joined from here: {'; '.join(differences)}")
    return found


def _whole_path(given: str | None) -> str | None:
    return str(Path(given).resolve()) if given and Path(given).exists() else given
