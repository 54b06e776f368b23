"""How to search. A setting is described here and nowhere else: type, default, bounds, and what is said of it.

The command line's options, the keys of a recipe file, what is stored with a study, and what is checked when it is read
back follow from `SearchSettings`. This module does without torch and Optuna.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, final, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.config import JsonDict

from nas_gan.errors import InputError
from nas_gan.metrics.scores import METRICS, SCORE_KINDS
from nas_gan.search.aims import COSTS, SEPARATOR, split_metrics
from nas_gan.search.rungs import DEFAULT_IMAGES, default_rungs
from nas_gan.search.setting_types import (
    AtLeastNone,
    AtLeastOne,
    Bytes,
    Count,
    Counts,
    Duration,
    Metavar,
    Names,
    Numbers,
    Share,
    describe_problem,
)
from nas_gan.search.storage.names import check_name
from nas_gan.tracking.build import TrackerKind

if TYPE_CHECKING:
    from nas_gan.data import DataConfig

SamplerKind = Literal["tpe", "local", "random", "rnn"]
PrunerKind = Literal["asha", "median", "none"]
Placement = Literal["processes", "ray"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]

ONE_METRIC_SAMPLERS = ("tpe", "rnn")
NO_END = 1_000_000
"""So many trials are asked for where time alone ends a search."""
# SQLite counts time in whole seconds; six signs that are missing have to be more than one of them.
SHORTEST_BEAT_SECONDS = 0.5
METRICS_OF_IMAGES, METRICS_OF_POINTS = (
    [option for option, kind in METRICS.items() if needed in kind.needs] for needed in ("pixels", "points")
)


def _known(*names: str, own: str = "") -> AfterValidator:
    """Take one of these names; or, with `own`, that of a class of the user's."""

    def check(value: str) -> str:
        if value not in names and not (own and ":" in value):
            raise ValueError(f"not known; use one of {', '.join(names)}{own and f', or {own}'}")
        return value

    return AfterValidator(check)


def _metrics(text: str) -> str:
    return SEPARATOR.join(split_metrics(text))


def _name(name: str) -> str:
    check_name(name, "study")
    return name


Plugin = partial(_known, own="your own as module:Class")


def _setting(
    group: str,
    default: Any,
    text: str,
    *,
    shown: str = "",
    metavar: str = "",
    kept: bool = True,
    repeated: bool = False,
) -> Any:
    """Describe a setting. `default` may be a function of the settings before it, and `shown` has it in words.

    `kept`: with the study; what isn't belongs to one call. `repeated`: an option of it may be given again.
    """
    told: JsonDict = {"group": group, "shown": shown, "metavar": metavar, "kept": kept, "repeated": repeated}
    if callable(default):
        return Field(default_factory=default, description=text, json_schema_extra=told, validate_default=True)
    field: Any = Field(default=default, description=text, json_schema_extra=told)
    return field


_what = partial(_setting, "What is searched")
_long = partial(_setting, "How long")
_how = partial(_setting, "What is tried, and what goes on")
_where = partial(_setting, "Where")


def _name_study(given: Mapping[str, Any]) -> str:
    """Name a study after its space and data: `resdense-mnist5k`."""
    return f"{Path(given['space']).stem.partition(':')[0]}-{Path(given['data']).stem}"


def _storage_beside(given: Mapping[str, Any]) -> str:
    """Return the database of studies in a folder; for runs at a URL, one on this machine."""
    return "runs/studies.db" if "://" in given["out"] else str(Path(given["out"]) / "studies.db")


@final
class SearchSettings(BaseModel):
    """One search. Raises InputError for a value that can't be used, with the setting's name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    space: str = _what("resdense", "Bundled name, file, or module:function.", metavar="NAME|FILE")
    data: str = _what(
        "mnist5k",
        "Name, folder, .zip or .npz of images; swiss_roll or eight_gaussians for points.",
        shown="mnist5k, which needs no download",
        metavar="NAME|PATH",
    )
    resolution: AtLeastOne | None = _what(None, "Resize images to this many pixels.")
    limit: AtLeastOne | None = _what(None, "Train on so many images of the data at most.")
    data_root: str | None = _what(None, "Folder of torchvision's datasets.", metavar="DIR")
    download: bool = _what(False, "Download data or weights if missing.")
    study: Annotated[str, AfterValidator(_name)] = _what(
        _name_study, "Name of the study.", shown="SPACE-DATA", metavar="NAME", kept=False
    )
    seed: AtLeastNone = _what(0, "Seed of the whole study.")
    metric: Annotated[str, AfterValidator(_metrics)] | None = _what(
        None,
        f"{', '.join(METRICS_OF_IMAGES)}; of points, {', '.join(METRICS_OF_POINTS)} (larger is better: "
        f"{', '.join(option for option, kind in METRICS.items() if kind.higher_is_better)}). Several as fid,macs: "
        f"then rungs keep the front, also of {', '.join(COSTS)}.",
        shown=f"{METRICS_OF_IMAGES[0]}, or {METRICS_OF_POINTS[0]}",
        metavar="METRIC",
    )
    protocol: str | None = _what(
        None,
        "How scores are made; one with -choice leaves half of the held-out images for the last figure.",
        shown="classifier-5k; selfsup-5k without labels, plane-10k for points",
        metavar="NAME",
    )
    inception_weights: str | None = _what(
        None, "File of the 2015 Inception network's weights.", metavar="FILE"
    )
    max_parameters: Count | None = _what(None, "Reject larger architectures: both networks together.")
    max_macs: Count | None = _what(None, "Reject architectures of more multiply-adds an image.")

    trials: AtLeastOne = _long(
        20,
        "Trials in total, also of earlier calls.",
        shown="as many as `timeout_seconds` lets",
        kept=False,
    )
    timeout_seconds: Annotated[Duration, Field(gt=0)] | None = _long(
        None, "Ends this call.", shown="6m if `trials` isn't given, else none", kept=False
    )
    grace_seconds: Annotated[Duration, Field(ge=0)] = _long(
        0.0,
        "Time after the timeout in which a trial that leads its rung may end.",
        shown="1m if neither `trials` nor `timeout_seconds` is given, else none",
        kept=False,
    )
    images: Count = _long(DEFAULT_IMAGES, "Images seen by one trial at most.")
    rungs: Counts = _long(
        (),
        "Images after which trials are scored.",
        shown="6k,18k of 18k; else a ninth, a third, all",
    )

    finalists: Annotated[int, Field(ge=0, le=20), Metavar("N")] | None = _long(
        None,
        "So many of the best are trained again with fresh seeds at the end; 0 for none.",
        shown="as many as a fifth of the search pays for, 5 at most",
    )

    sampler: Annotated[str, Plugin(*get_args(SamplerKind))] = _how(
        "local",
        "local (changes the best so far, from the third result, or a start's, on), tpe (at random for its first 10 "
        "trials), random, rnn, or your own as module:Class.",
        metavar="NAME|MODULE:CLASS",
    )
    start: Names = _how(
        (),
        "An architecture to try first; may be given again.",
        metavar="FILE|STUDY:TRIAL",
        kept=False,
        repeated=True,
    )
    space_starts: bool = _how(True, "Begin a new study with the starts that the space names.", kept=False)
    learn_from: Names = _how(
        (),
        "A study of this database whose good trials bend what local proposes, hole by hole; may be given again.",
        metavar="STUDY",
        repeated=True,
    )
    pruner: Annotated[str, Plugin(*get_args(PrunerKind))] = _how(
        "asha",
        "What pauses trials at rungs: asha, median, none, or your own as module:Class.",
        metavar="NAME|MODULE:CLASS",
    )
    reduction: Annotated[int, Field(ge=2), Metavar("N")] = _how(
        3, "One trial in so many goes on from a rung, with asha."
    )
    signal: Annotated[str, _known(*METRICS, *SCORE_KINDS)] | None = _how(
        None,
        "What rungs compare: a metric, or a score's name in records.",
        shown="the metric",
        metavar="METRIC|SCORE",
    )
    promote: bool = _how(False, "Let paused trials go on once enough worse ones have come.")
    keep_paused: Bytes | None = _how(None, "Room for checkpoints of paused trials.", shown="no limit")

    out: str = _where(
        "runs",
        "Folder for everything made, also s3://BUCKET/runs and the like.",
        metavar="DIR|URL",
    )
    storage: str = _where(
        _storage_beside, "Database file or URL.", shown="OUT/studies.db", metavar="FILE|URL", kept=False
    )
    log_to: TrackerKind | None = _where(None, "A program that is to follow the trials.", kept=False)
    precision: PrecisionChoice = _where(
        "auto",
        "auto (the fastest on the device), float32 or bfloat16.",
        shown="the study's, or auto",
    )
    device: str = _where("auto", "auto, cpu, cuda, cuda:1.", metavar="DEVICE", kept=False)
    workers: AtLeastOne | None = _where(
        None, "Trials side by side.", shown="one a core, or one on a GPU", kept=False
    )
    gpus: Numbers = _where((), "Numbers of the GPUs to use.", kept=False)
    workers_per_gpu: AtLeastOne = _where(1, "Trials side by side on each of `gpus`.", kept=False)
    heartbeat_seconds: Annotated[Duration, Field(ge=SHORTEST_BEAT_SECONDS)] = _where(
        30.0,
        "Time between a worker's signs of life; after six that are missing, its trial goes to another.",
    )
    on: Placement = _where("processes", "What runs the workers: processes or ray.", kept=False)
    address: str | None = _where(
        None,
        "Ray's cluster, HOST:PORT or auto.",
        shown="$RAY_ADDRESS or this machine",
        metavar="HOST:PORT|auto",
        kept=False,
    )
    gpus_per_trial: Share = _where(
        0.0, "Share of a GPU that Ray gives a worker, such as 0.5.", shown="0, no GPU", kept=False
    )

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_in_one_line(cls, given: Any, build: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return build(given)
        except ValidationError as error:
            raise refusal(error) from None

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if not self.rungs:
            object.__setattr__(self, "rungs", default_rungs(self.images))
        _check_rungs(self)
        _check_lessons(self)
        _check_metrics(self)
        _check_gpus(self)
        _check_ray(self)
        return self

    @property
    def metrics(self) -> tuple[str, ...]:
        """What the search is after, by option, the first one its metric; empty for what is usual for the data."""
        return () if self.metric is None else split_metrics(self.metric)

    def data_config(self) -> DataConfig:
        """Return the data. Raises InputError for a value out of its range."""
        from nas_gan.data import DataConfig

        return DataConfig(self.data, self.resolution, self.data_root, self.download, self.limit)


def data_settings(config: DataConfig) -> dict[str, Any]:
    """Return the settings that say which data: the other way than `SearchSettings.data_config`."""
    return {
        "data": config.source,
        "resolution": config.resolution,
        "limit": config.limit,
        "data_root": config.root,
        "download": config.download,
    }


@final
@dataclass(frozen=True)
class Setting:
    """What is said of a setting. `key`: its name for people, who write units with the value.

    `shown`: its default in words, where those say more than the value. `kept`: with the study. `repeated`: its option
    may be given again.
    """

    name: str
    key: str
    group: str
    text: str
    metavar: str
    default: Any
    shown: str
    kept: bool
    repeated: bool


def _describe(name: str) -> Setting:
    field = SearchSettings.model_fields[name]
    extra: Any = field.json_schema_extra
    return Setting(
        name,
        name.removesuffix("_seconds"),
        extra["group"],
        field.description or "",
        extra["metavar"] or _metavar(field.rebuild_annotation()),
        field.default,
        extra["shown"],
        extra["kept"],
        extra["repeated"],
    )


def _metavar(annotation: Any) -> str:
    """Find what a type has to stand for its values, or the values themselves."""
    for part in (*getattr(annotation, "__metadata__", ()), *get_args(annotation)):
        if isinstance(part, Metavar):
            return part.text
        if isinstance(part, str):
            return "|".join(get_args(annotation))
        if found := _metavar(part):
            return found
    return ""


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {name: _describe(name) for name in SearchSettings.model_fields}
)
"""All settings by name, in the order of help texts."""


def parse_setting(name: str, value: object, *, is_text: bool) -> Any:
    """Check one setting for itself. With `is_text`, a number may be written as text, as on the command line."""
    field = SearchSettings.model_fields[name]
    try:
        return TypeAdapter(field.rebuild_annotation()).validate_python(value, strict=not is_text)
    except ValidationError as error:
        raise refusal(error, name) from None


def refusal(error: ValidationError, name: str | None = None) -> InputError:
    """Say the first problem that pydantic has found; `name` is the setting's where only one was checked."""
    problem = error.errors(include_url=False)[0]
    name = name or str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        return InputError(f"not known; use some of {', '.join(SETTINGS)}", setting=name)
    return InputError(describe_problem(problem), setting=name)


def _check_rungs(settings: SearchSettings) -> None:
    rungs, shown = settings.rungs, ",".join(map(str, settings.rungs))
    if list(rungs) != sorted(set(rungs)):
        raise InputError(f"{shown}: give numbers of images, the smallest first", setting="rungs")
    if rungs[-1] != settings.images:
        raise InputError(f"{shown}: the last one must be `images` {settings.images}", setting="rungs")


def _check_lessons(settings: SearchSettings) -> None:
    if settings.learn_from and settings.sampler != "local":
        shown = ", ".join(settings.learn_from)
        raise InputError(f"{shown}: only `sampler` local learns from other studies", setting="learn_from")
    if settings.study in settings.learn_from:
        raise InputError(
            f"{settings.study}: is this study, from which it learns anyway", setting="learn_from"
        )


def _check_metrics(settings: SearchSettings) -> None:
    if len(settings.metrics) < 2:
        return
    listed = ", ".join(settings.metrics)
    if settings.signal is not None:
        raise InputError(
            f"{settings.signal}: rungs compare {listed}; leave one of the two out", setting="signal"
        )
    if settings.sampler in ONE_METRIC_SAMPLERS:
        raise InputError(
            f"{settings.sampler}: sees {settings.metrics[0]} alone, and the search is after {listed}; use local, "
            "random or your own",
            setting="sampler",
        )


def _check_gpus(settings: SearchSettings) -> None:
    gpus, shown = settings.gpus, ",".join(map(str, settings.gpus))
    each, workers = settings.workers_per_gpu, settings.workers
    if not gpus and each > 1:
        raise InputError(f"{each}: say which GPUs with `gpus` 0,1", setting="workers_per_gpu")
    if len(set(gpus)) < len(gpus):
        raise InputError(f"{shown}: give each number once, from 0 on, such as 0,1", setting="gpus")
    if gpus and workers:
        raise InputError(f"{workers}: with `gpus`, give `workers_per_gpu` instead", setting="workers")
    if gpus and settings.device != "auto":
        why = f"{settings.device}: `gpus` {shown} says it already; give one of the two"
        raise InputError(why, setting="device")


def _check_ray(settings: SearchSettings) -> None:
    share, device = settings.gpus_per_trial, settings.device
    if settings.on != "ray":
        for name, value in (("address", settings.address), ("gpus_per_trial", share)):
            if value:
                raise InputError(f"{value}: is for workers that Ray places; add `on` ray", setting=name)
    elif settings.gpus:
        shown = ",".join(map(str, settings.gpus))
        raise InputError(f"{shown}: Ray shares the GPUs out; give `gpus_per_trial`", setting="gpus")
    elif device.startswith("cuda") and not share:
        raise InputError(f"{device}: with `on` ray, ask for GPUs with `gpus_per_trial` 1", setting="device")
