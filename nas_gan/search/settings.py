"""What is stored with a study so that a worker anywhere can join it: how to search, and the space itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

import optuna
import torch

from nas_gan.data import DataConfig, Dataset, load_dataset
from nas_gan.errors import InputError
from nas_gan.runs.resources import choose_precision, find_recipe_for, image_of, load_resources
from nas_gan.runs.scoring import Resources
from nas_gan.search.config import SearchConfig
from nas_gan.search.definition import SETTINGS, StudyDefinition, check_signal, choose_metric, definition_of
from nas_gan.search.samplers.rungs import rungs_of
from nas_gan.space import FileSpace, Space, load_space
from nas_gan.store.remote_folder import is_url

# What belongs to one call on one machine. An address of a database may hold a password, too.
OF_ONE_CALL = (
    "study",
    "storage",
    "trials",
    "timeout_seconds",
    "grace_seconds",
    "start",
    "space_starts",
    "device",
    "workers",
    "gpus",
    "workers_per_gpu",
    "on",
    "address",
    "gpus_per_trial",
)


@final
@dataclass(frozen=True)
class Ingredients:
    """What a search or a worker needs before its first trial."""

    config: SearchConfig
    space: Space
    resources: Resources
    definition: StudyDefinition


def store_settings(study: optuna.Study, config: SearchConfig, space: Space) -> None:
    """Store how a study is searched: files by their full path, the space by the content that was read."""
    settings = {name: value for name, value in asdict(config).items() if name not in OF_ONE_CALL}
    data = settings["data"]
    settings |= {
        "out": config.out if is_url(config.out) else str(Path(config.out).resolve()),
        "inception_weights": _whole_path(config.inception_weights),
        "data": data | {"source": _whole_path(data["source"]), "root": _whole_path(data["root"])},
        "space_tree": space.tree if isinstance(space, FileSpace) else None,
    }
    study.set_user_attr(SETTINGS, settings)


def stored_out(study: optuna.Study) -> str | None:
    """Where a study's runs are, a path or a URL; None for a study of the first version."""
    return dict(study.user_attrs.get(SETTINGS, {})).get("out")


def load_settings(study: optuna.Study, storage: str) -> tuple[SearchConfig, Space]:
    """How a study is searched, as it was stored; raises InputError if it wasn't, or not by this version."""
    settings: dict[str, Any] = dict(study.user_attrs.get(SETTINGS, {}))
    definition = definition_of(study)
    try:
        tree, data = settings.pop("space_tree"), DataConfig(**settings.pop("data"))
        config = SearchConfig(study=study.study_name, storage=storage, data=data, **settings)
    except (KeyError, TypeError):
        raise InputError(
            f"study {study.study_name!r} doesn't say how it is searched; continue it once with: "
            "python -m nas_gan search"
        ) from None
    if tree is None:
        return config, load_space(config.space)
    return config, FileSpace.from_tree(
        definition.space, tree, f"space {definition.space} of study {study.study_name}"
    )


def gather(
    config: SearchConfig,
    space: Space,
    device: torch.device,
    announce: Callable[[str], None],
    check: Callable[[Dataset], None],
) -> Ingredients:
    """Loads data and scorer, and says what study they make. `check` is called before anything that takes long."""
    dataset = load_dataset(config.data, announce)
    image = image_of(dataset)
    # The cheap checks come before the classifier, which may take minutes to train.
    space.check(image)
    recipe = find_recipe_for(dataset, config.protocol)
    metric = choose_metric(config.metric, image, recipe)
    check(dataset)
    resources = load_resources(
        config.data,
        dataset,
        protocol=config.protocol,
        seed=config.seed,
        device=device,
        inception_weights=config.inception_weights,
        announce=announce,
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
        rungs=config.rungs or rungs_of(config.images),
        seed=config.seed,
        signal=check_signal(config.signal, image, recipe),
        precision=choose_precision(config.precision, device),
    )
    return Ingredients(config, space, resources, definition)


def gather_for_worker(
    study: optuna.Study, storage: str, device: torch.device, announce: Callable[[str], None]
) -> Ingredients:
    """What a worker needs for a study; raises InputError if what is here makes another study than that."""
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
