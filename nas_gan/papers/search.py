"""Searches of a paper: one study a seed, and its trials read by what their architectures have in common."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from nas_gan.errors import InputError
from nas_gan.files import write_whole
from nas_gan.metrics.scores import METRICS
from nas_gan.papers.plan import Options, make_conditions, put_value
from nas_gan.papers.recipe import Recipe, SearchRecipe
from nas_gan.papers.results import Summary, summarise
from nas_gan.search.catalogue import Trial, rank
from nas_gan.search.definition import load_study
from nas_gan.search.settings import SearchSettings, data_settings
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space
from nas_gan.space.nodes import STARTS
from nas_gan.space.space import FileSpace

Value = str | float


@final
@dataclass(frozen=True)
class Group:
    """Trials whose architectures share `values`; `best` and `summary` are of the search's metric."""

    values: tuple[Value, ...]
    best: float
    summary: Summary


@final
@dataclass(frozen=True)
class SearchResult:
    """Trials of all seeds that were trained to their end, best first, and their groups, best first.

    `points` has a trial's values on the recipe's axes, and its score last.
    """

    search: SearchRecipe
    trials: tuple[tuple[SearchSettings, Trial], ...]
    groups: tuple[Group, ...]
    points: tuple[tuple[Value, ...], ...]


def search_configs(recipe: Recipe, name: str, options: Options, workers: int) -> tuple[SearchSettings, ...]:
    """Return one search a seed, all in one database in the recipe's folder."""
    search = recipe.search
    if search is None:
        return ()
    folder = options.out / name
    space = write_space(search, folder) if search.set else search.space
    conditions = make_conditions(recipe, options, None)
    return tuple(
        SearchSettings(
            study=f"{name}-seed-{seed}",
            space=space,
            **data_settings(conditions.data),
            storage=str(folder / "studies.db"),
            trials=options.trials or search.trials,
            images=max(1, round(recipe.budget.amount * options.scale)),
            finalists=0,
            sampler=search.sampler,
            pruner=search.pruner,
            metric=search.metric,
            seed=seed,
            precision="float32",
            device=conditions.device,
            out=str(folder),
            protocol=conditions.protocol,
            inception_weights=conditions.inception_weights,
            workers=workers or None,
        )
        for seed in range(options.seeds or recipe.seeds)
    )


def write_space(search: SearchRecipe, folder: Path) -> str:
    """Write the space with the values that the recipe sets, and return the file's path."""
    space = load_space(search.space)
    if not isinstance(space, FileSpace):
        raise InputError(f"search.set: {search.space} is a function and not a file; leave out set")
    tree = deepcopy(dict(space.tree))
    # What lies beside the space's file doesn't lie beside the new one.
    beside = Path(space.file).resolve().parent
    if space.content.starts:
        tree[STARTS] = [
            str(beside / name) if name.endswith((".toml", ".json")) else name for name in space.content.starts
        ]
    for path, value in search.set.items():
        put_value(tree, path, value, "search")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{Path(search.space).stem}.json"
    write_whole(file, json.dumps(tree, indent=1) + "\n")
    return str(file)


def read_searches(search: SearchRecipe, configs: Sequence[SearchSettings]) -> SearchResult:
    """Return what has come of the searches so far."""
    trials: list[tuple[SearchSettings, Trial]] = []
    for config in configs:
        study = load_study(open_storage(config.storage, create=False), config.study)
        trials += [(config, trial) for trial in rank(study)]
    sign = -1.0 if METRICS[search.metric].higher_is_better else 1.0
    trials.sort(key=lambda found: sign * _value(found[1]))
    grouped: dict[tuple[Value, ...], list[float]] = defaultdict(list)
    for _, trial in trials:
        grouped[values_of(trial, search.group_by)].append(_value(trial))
    groups = [
        Group(values, scores[0], summary)
        for values, scores in grouped.items()
        if (summary := summarise(scores)) is not None
    ]
    groups.sort(key=lambda group: sign * group.best)
    points = tuple((*values_of(trial, search.axes), _value(trial)) for _, trial in trials)
    return SearchResult(search, tuple(trials), tuple(groups), points)


def values_of(trial: Trial, paths: Sequence[str]) -> tuple[Value, ...]:
    """Return what stands at some dotted paths of a trial's architecture: see `value_at`."""
    if trial.record is None:
        return ()
    tree = trial.record.architecture.model_dump(mode="json")
    return tuple(value_at(tree, path) for path in paths)


def value_at(tree: Any, path: str) -> Value:
    """Return what stands at a dotted path of nested tables: a number or a word; a list's length; "–" for nothing."""
    for step in path.split("."):
        if isinstance(tree, dict) and step in tree:
            tree = tree[step]
        elif isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            return "–"
    match tree:
        case list():
            return float(len(tree))
        case bool() | None | dict():
            return str(tree).lower()
        case int() | float():
            return float(tree)
        case _:
            return str(tree)


def folder_of(config: SearchSettings, trial: Trial) -> Path:
    """Say where a trial's samples are."""
    return Path(config.out) / config.study / str(trial.number)


def _value(trial: Trial) -> float:
    return 0.0 if trial.value is None else trial.value
