"""Recipes of published experiments: what a paper trained, on what, for how long, and what it reports.

A recipe is a TOML file with a `kind`: "train" (architectures are trained and their scores compared), "crossval"
(then every discriminator also judges every generator), or "search" (a space is searched and its trials
ranked). A file without a `kind` is a recipe of a search.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from nas_gan.errors import InputError
from nas_gan.metrics.scores import METRICS, SCORE_KINDS, Metric
from nas_gan.search.settings import PrunerKind, SamplerKind
from nas_gan.spec.architecture import describe_problems

Published = float | tuple[float, float]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", max_length=60)]
Figure = Literal["scores", "losses", "outputs", "gradients", "snapshots"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@final
class Budget(_Table):
    """How long a run is trained, counted as the paper counts: one of generator updates, epochs or images."""

    iterations: Annotated[int, Field(ge=1)] | None = None
    epochs: Annotated[int, Field(ge=1)] | None = None
    images: Annotated[int, Field(ge=1)] | None = None

    @property
    def unit(self) -> Literal["iterations", "epochs", "images"]:
        """Which of the three it is."""
        return "iterations" if self.iterations else "epochs" if self.epochs else "images"

    @property
    def amount(self) -> int:
        """How many of that unit."""
        return self.iterations or self.epochs or self.images or 0

    @model_validator(mode="after")
    def _check_one(self) -> Budget:
        if sum(count is not None for count in (self.iterations, self.epochs, self.images)) != 1:
            raise ValueError("give one of iterations, epochs and images")
        return self


@final
class RunRecipe(_Table):
    """One architecture that the paper trained.

    name: as the paper calls it; also the folder's name.
    group: what it is shown beside; a figure has a panel a group.
    architecture: a bundled name or a file. against: whose discriminator it plays, if not its own.
    data: in place of the recipe's.
    set: values in place of the file's, by dotted path: `{ "generator.width" = 32 }`.
    published: the paper's figures, by the name of the score (of the generator's run in a "crossval"), each
        alone or with its deviation.
    """

    name: Name
    group: str = ""
    architecture: str
    against: str | None = None
    data: str | None = None
    set: dict[str, Any] = {}
    published: dict[str, Published] = {}


@final
class SearchRecipe(_Table):
    """A search, and how its trials are read: by the values at dotted paths of their architectures.

    A path to a list stands for its length. set: values in place of the space's, by dotted path. group_by:
    trials are ranked by these values together. axes: of the parallel-coordinates plot, before the score.
    """

    space: str
    set: dict[str, Any] = {}
    sampler: SamplerKind = "tpe"
    pruner: PrunerKind = "none"
    metric: Metric = "fid"
    trials: Annotated[int, Field(ge=1)]
    group_by: Annotated[tuple[str, ...], Field(min_length=1)]
    axes: Annotated[tuple[str, ...], Field(min_length=1)]

    @field_validator("metric")
    @classmethod
    def _check_metric(cls, name: Metric) -> Metric:
        if name not in METRICS:
            raise ValueError(f"no metric is called {name!r}; use one of {', '.join(METRICS)}")
        return name


@final
class Recipe(_Table):
    """An experiment. `scored_at` counts in the budget's unit; without it, `scorings` are spread evenly.

    widths: share of the architectures' widths that the runs have, which the output says; 1 is as in their files.
    scores: names of the scores that the table shows; runs are compared by the first. One that takes longer than the
        others is made at every scoring, for the figure "scores", where it is named here. judged: whether by a
        run's best scoring or its last. seeds: runs of each architecture, seeded 0, 1, …
    figures: what is drawn; for "gradients" the norms of every update are watched, and elsewhere of one in 50.
    orderings: pairs of runs of which the paper's text says that the first is better; those that its figures
        tell needn't be written.
    """

    kind: Literal["train", "crossval", "search"]
    title: str
    paper: str
    claim: str
    data: str
    resolution: int | None = None
    protocol: str
    budget: Budget
    scorings: Annotated[int, Field(ge=1)] = 20
    scored_at: tuple[Annotated[int, Field(ge=1)], ...] = ()
    seeds: Annotated[int, Field(ge=1, le=100)] = 1
    widths: float = Field(default=1.0, gt=0.0, le=1.0)
    scores: Annotated[tuple[str, ...], Field(min_length=1)] = ("inception_score", "frechet_distance")
    judged: Literal["best", "last"] = "best"
    figures: tuple[Figure, ...] = ("scores",)
    orderings: tuple[tuple[str, str], ...] = ()
    runs: tuple[RunRecipe, ...] = ()
    search: SearchRecipe | None = None

    @field_validator("scores")
    @classmethod
    def _check_scores(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in SCORE_KINDS:
                raise ValueError(f"no score is called {name!r}; use some of {', '.join(SCORE_KINDS)}")
        return names

    @model_validator(mode="after")
    def _check_whole(self) -> Recipe:
        if self.kind == "search" and (self.search is None or self.runs):
            raise ValueError('kind "search" needs a table [search], and no [[runs]]')
        if self.kind == "search" and self.budget.unit != "images":
            raise ValueError('kind "search" needs its budget in images, since batch sizes may differ')
        if self.kind != "search" and (self.search is not None or not self.runs):
            raise ValueError(f'kind "{self.kind}" needs [[runs]], and no table [search]')
        if self.kind == "search" and self.widths != 1.0:
            raise ValueError('widths: a search has those of its space; leave it out, or set them with "set"')
        names = [run.name for run in self.runs]
        if len({name.lower() for name in names}) < len(names):
            raise ValueError(f"runs need names that differ; there are {', '.join(names)}")
        if any(mark > self.budget.amount for mark in self.scored_at):
            raise ValueError(f"scored_at goes beyond the budget of {self.budget.amount} {self.budget.unit}")
        for name in (name for pair in self.orderings for name in pair):
            if name not in names:
                raise ValueError(f"orderings: no run is called {name!r}; use some of {', '.join(names)}")
        known = names if self.kind == "crossval" else [*SCORE_KINDS]
        for run in self.runs:
            for name in run.published:
                if name not in known:
                    raise ValueError(
                        f"published of run {run.name}: {name!r} is not known; use some of {', '.join(known)}"
                    )
        return self


def load_reproduction(path: Path) -> Recipe:
    """Read a recipe; raises InputError that names the file, the place in it, the value and the remedy."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: not readable ({error}); give a recipe such as studies/thesis_mnist.toml"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}; mend that line") from None
    if "kind" not in tree:
        raise InputError(
            f"{path}: has no kind, so it is a recipe of a search; run it with: "
            f"python -m nas_gan search --study-file {path}"
        )
    try:
        return Recipe.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        raise InputError(f"{path}: {describe_problems(error, tree)}") from None
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: not plain data: {error}; use numbers, strings and tables") from None


def published_value(published: Published) -> tuple[float, float | None]:
    """Return a published figure, and its deviation where the paper gives one."""
    return published if isinstance(published, tuple) else (published, None)
