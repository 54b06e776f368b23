"""From a recipe to the runs it asks for: architectures resolved, budgets in images, one folder each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, final

from nas_gan.data import DataConfig, Dataset, load_dataset
from nas_gan.errors import InputError
from nas_gan.metrics.scores import SCORE_KINDS
from nas_gan.papers.recipe import Recipe, RunRecipe
from nas_gan.papers.widths import scale_widths
from nas_gan.runs.record import RECORD_FILE, RunRecord, load_record
from nas_gan.runs.resources import check_domains, image_of
from nas_gan.runs.training_run import spread_scorings
from nas_gan.search.given import find_architecture, pair
from nas_gan.space.spot import did_you_mean
from nas_gan.spec import Architecture, Image, content_hash

FINISHED = ("complete", "pruned")


@final
@dataclass(frozen=True)
class Options:
    """What the command line says beside the recipe; None leaves the recipe's word.

    `scale` shortens every budget, `widths` narrows every network, both in (0, 1]. `out`: the folder with a folder a
    recipe. `only`: names of runs.
    """

    out: Path = Path("runs/reproductions")
    scale: float = 1.0
    widths: float | None = None
    only: tuple[str, ...] = ()
    seeds: int | None = None
    trials: int | None = None
    scorings: int | None = None
    data: str | None = None
    data_root: str | None = None
    download: bool = False
    limit: int | None = None
    protocol: str | None = None
    inception_weights: str | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if not 0.0 < self.scale <= 1.0:
            raise InputError(f"{self.scale:g}: must be more than 0 and at most 1", setting="scale")
        if self.widths is not None and not 0.0 < self.widths <= 1.0:
            raise InputError(f"{self.widths:g}: must be more than 0 and at most 1", setting="widths")
        for name, value in (("seeds", self.seeds), ("trials", self.trials), ("scorings", self.scorings)):
            if value is not None and value < 1:
                raise InputError(f"{value}: must be at least 1", setting=name)


@final
@dataclass(frozen=True)
class Conditions:
    """What runs share that are trained on the same data and scored alike."""

    data: DataConfig
    protocol: str
    inception_weights: str | None
    device: str
    translates: bool = False


@final
@dataclass(frozen=True)
class Job:
    """One run of one seed. `scored_at` is in images, ascending, its last the whole budget.

    `full_scores`: whether scores that take longer than the others are made at each of them, not at the last alone.
    `watch_gradients`: whether every update's gradient norms are recorded.
    """

    run: RunRecipe
    seed: int
    architecture: Architecture
    conditions: Conditions
    data_fingerprint: str
    scored_at: tuple[int, ...]
    folder: Path
    full_scores: bool = False
    watch_gradients: bool = False

    @property
    def images(self) -> int:
        """Real images that the discriminator is to be shown."""
        return self.scored_at[-1]

    def find_finished(self) -> RunRecord | None:
        """Return the record of this job if it was trained already; InputError if its folder holds something else."""
        if not (self.folder / RECORD_FILE).exists():
            return None
        record = load_record(self.folder)
        if record.outcome not in FINISHED:
            return None
        for what, there, here in (
            ("images", record.images_planned, self.images),
            # Not the hash that was written: fields that a spec has gained since have their defaults there.
            ("the architecture", content_hash(record.architecture), content_hash(self.architecture)),
            ("the data", record.data_fingerprint, self.data_fingerprint),
            ("the protocol", record.protocol["name"], self.conditions.protocol),
        ):
            if there != here:
                raise InputError(
                    f"{self.folder}: was trained with something else: {what}, {there} there and {here} here; "
                    "give another -o, or remove that folder"
                )
        return record


@final
@dataclass(frozen=True)
class Plan:
    """All jobs of a recipe, run by run and seed by seed."""

    recipe: Recipe
    name: str
    options: Options
    jobs: tuple[Job, ...]

    @property
    def folder(self) -> Path:
        """Where the recipe's runs and results go."""
        return self.options.out / self.name

    @property
    def widths(self) -> float:
        """The share of the architectures' widths that the networks have."""
        return self.options.widths or self.recipe.widths

    @property
    def chosen(self) -> tuple[Job, ...]:
        """The jobs of `only`, or all of them."""
        only = self.options.only
        return tuple(job for job in self.jobs if not only or job.run.name in only)


@final
@dataclass
class _Loader:
    """Loads each set of data once."""

    announce: Callable[[str], None]
    loaded: dict[DataConfig, Dataset] = field(default_factory=dict)

    def load(self, config: DataConfig) -> Dataset:
        if config not in self.loaded:
            self.loaded[config] = load_dataset(config, self.announce)
        return self.loaded[config]


def make_plan(recipe: Recipe, file: Path, options: Options, announce: Callable[[str], None]) -> Plan:
    """Resolve every run of a recipe. Nothing is trained; raises InputError for anything that can't be.

    `announce` gets a line before data is downloaded or decoded.
    """
    names = [run.name for run in recipe.runs]
    for name in options.only:
        if name not in names:
            raise InputError(
                f"{name}: no such run in {file}; {did_you_mean(name, names, ', '.join(names))}",
                setting="only",
            )
    loader = _Loader(announce)
    folder = options.out / file.stem
    jobs: list[Job] = []
    for run in recipe.runs:
        conditions = make_conditions(recipe, options, run.data)
        dataset = loader.load(conditions.data)
        where = f"{file}: runs.{run.name}"
        given = resolve_run(run, image_of(dataset), where)
        check_domains(given, dataset)
        conditions = replace(conditions, translates=given.translates)
        architecture = scale_widths(given, options.widths or recipe.widths, where)
        scored_at = plan_scorings(recipe, options, architecture, dataset.train.count)
        jobs += [
            Job(
                run,
                seed,
                architecture,
                conditions,
                dataset.fingerprint,
                scored_at,
                folder / run.name / f"seed-{seed}",
                full_scores=any(SCORE_KINDS[name].slow for name in recipe.scores),
                watch_gradients="gradients" in recipe.figures,
            )
            for seed in range(options.seeds or recipe.seeds)
        ]
    return Plan(recipe, file.stem, options, tuple(jobs))


def make_conditions(recipe: Recipe, options: Options, data: str | None) -> Conditions:
    """Return data and protocol of a run whose own data is `data`; what the command line says goes first."""
    config = DataConfig(
        source=options.data or data or recipe.data,
        resolution=recipe.resolution,
        root=options.data_root,
        download=options.download,
        limit=options.limit,
    )
    return Conditions(config, options.protocol or recipe.protocol, options.inception_weights, options.device)


def resolve_run(run: RunRecipe, image: Image, where: str) -> Architecture:
    """Return the architecture of a run: its file's, or a pair's, with the values that the recipe sets."""
    architecture = find_architecture(run.architecture, "runs/studies.db").resolve(image)
    if run.against is not None:
        judging = find_architecture(run.against, "runs/studies.db").resolve(image)
        architecture = pair(architecture, judging, where)
    if not run.set:
        return architecture
    tree = architecture.model_dump(mode="json")
    for path, value in run.set.items():
        put_value(tree, path, value, where)
    return Architecture.from_tree(tree, where)


def plan_scorings(
    recipe: Recipe, options: Options, architecture: Architecture, train_count: int
) -> tuple[int, ...]:
    """Return images at which a run is scored: whole updates, ascending, the last one its budget.

    `train_count` is the number of training images, an epoch's.
    """
    training, budget = architecture.training, recipe.budget
    update = training.batch_size * training.discriminator_steps
    size = {"iterations": update, "epochs": train_count, "images": 1}[budget.unit]

    def images_of(amount: float) -> int:
        return max(1, round(amount * size * options.scale / update)) * update

    total = images_of(budget.amount)
    if recipe.scored_at and options.scorings is None:
        return tuple(sorted({*(min(total, images_of(mark)) for mark in recipe.scored_at), total}))
    count = options.scorings or recipe.scorings
    return tuple(step * update for step in spread_scorings(total // update, count))


def put_value(tree: Any, path: str, value: Any, where: str) -> None:
    """Put a value at a dotted path of nested tables; raises InputError unless something is there already."""
    *above, last = path.split(".")
    for step in above:
        tree = tree[_step_into(tree, step, path, where)]
    tree[_step_into(tree, last, path, where)] = value


def _step_into(tree: Any, step: str, path: str, where: str) -> str | int:
    if isinstance(tree, dict) and step in tree:
        return step
    if isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
        return int(step)
    there = (
        ", ".join(tree)
        if isinstance(tree, dict)
        else f"0 to {len(tree) - 1}"
        if isinstance(tree, list)
        else "nothing"
    )
    raise InputError(f"{where}: set: {path}: no {step!r} there; there is {there}")
