"""What a study is: space, data, metric, direction, protocol and budget, kept with it and never mixed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, final

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage

from nas_gan.errors import InputError
from nas_gan.metrics.protocol import Recipe
from nas_gan.metrics.scores import METRICS, SCORE_KINDS, Metric
from nas_gan.runs.record import RungRecord
from nas_gan.search.aims import COSTS
from nas_gan.search.storage.database import FORMAT, creation_lock, study_names
from nas_gan.search.storage.names import check_stored_name
from nas_gan.search.trials import IDENTITY, give_identity
from nas_gan.spec import Image

if TYPE_CHECKING:
    from nas_gan.training import Precision

DEFINITION = "definition"
TRIALS_ASKED = "trials_asked"
STORED_SETTINGS = "settings"


def choose_metric(name: Metric | None, image: Image, recipe: Recipe) -> Metric:
    """Return the metric of a study of such images or points under a protocol; raises InputError if they can't be
    scored by it.
    """
    offered = recipe.offers | ({"labels"} if image.classes else set())
    fitting = [option for option, kind in METRICS.items() if kind.needs <= offered]
    if name is None:
        return fitting[0]
    if name not in fitting:
        kind = "points" if image.is_points else "images" if image.classes else "images without labels"
        raise InputError(
            f"{name}: can't be had of {kind} under protocol {recipe.name}; use {' or '.join(fitting)}",
            setting="metric",
        )
    return name


def choose_others(names: Sequence[str], image: Image, recipe: Recipe) -> tuple[str, ...]:
    """Return what a study is after beside its metric; raises InputError for a score that can't be had."""
    return tuple(name if name in COSTS else choose_metric(name, image, recipe) for name in names)


def check_signal(name: str | None, image: Image, recipe: Recipe) -> str | None:
    """Return what is to be compared at rungs; raises InputError where images or points can't be scored by it."""
    if name is None:
        return None
    kind = SCORE_KINDS.get(name) or METRICS[choose_metric(name, image, recipe)]
    if not kind.needs <= recipe.offers | ({"labels"} if image.classes else set()):
        raise InputError(
            f"{name}: can't be had under protocol {recipe.name}; name a score that can", setting="signal"
        )
    return kind.name


def value_at(rung: RungRecord, metric: Metric) -> float:
    """Return the metric at a rung; raises ValueError where it wasn't scored."""
    value = METRICS[metric].value(rung.scores)
    if value is None:
        raise ValueError(f"{METRICS[metric].label} wasn't scored after {rung.images_seen:,} images")
    return value


@final
@dataclass(frozen=True)
class StudyDefinition:
    """Hold what all trials of a study share. Fingerprints tell contents apart that have one name.

    `rungs`: images after which each trial is scored, the last one `images`. `signal`: what is compared there, a metric
    or a score by its name in records; None for the study's metrics. `other_metrics`: what else the study is after, by
    options of `nas_gan.search.aims`; its value in Optuna is of `metric` alone.
    """

    space: str
    space_fingerprint: str
    data: str
    data_fingerprint: str
    channels: int
    resolution: int
    classes: int
    metric: Metric
    protocol: dict[str, Any]
    images: int
    rungs: tuple[int, ...]
    seed: int
    precision: Precision
    signal: str | None = None
    other_metrics: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """All that the study is after, its metric first."""
        return (self.metric, *self.other_metrics)

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """Whether a smaller value of the metric is better."""
        return METRICS[self.metric].direction

    @property
    def sign(self) -> float:
        """What the metric is multiplied by so that a smaller value is better: 1 or -1."""
        return 1.0 if self.direction == "minimize" else -1.0

    def differences(self, other: StudyDefinition) -> list[str]:
        """Return what differs, one readable item each: `metric is fid there and is here`."""
        here, there = asdict(self), asdict(other)
        found = []
        for name, value in here.items():
            if _plain(value) == _plain(there[name]):
                continue
            if isinstance(value, dict):
                parts = sorted(key for key in value if _plain(value[key]) != _plain(there[name].get(key)))
                found.append(f"{name} ({', '.join(parts)})")
            elif name.endswith("_fingerprint"):
                found.append(f"the content of {name.removesuffix('_fingerprint')}")
            else:
                found.append(f"{name} is {there[name]} there and {value} here")
        return found


def create_or_continue(
    storage: RDBStorage, name: str, definition: StudyDefinition, *, any_precision: bool = False
) -> optuna.Study:
    """Create the study, or load it if it is the same; raises InputError that says what differs.

    However many processes do so at once, one of them creates it. With `any_precision` a study that is there goes
    on in its own.
    """
    with creation_lock(storage):
        if name not in study_names(storage):
            study = optuna.create_study(study_name=name, storage=storage, direction=definition.direction)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ExperimentalWarning)
                study.set_metric_names([METRICS[definition.metric].label])
            give_identity(study)
            study.set_user_attr(DEFINITION, _stored(definition))
            return study
        study = optuna.load_study(study_name=name, storage=storage)
        begun = study.user_attrs.keys() - {IDENTITY} or study.get_trials(deepcopy=False)
        if not begun and study.direction.name.lower() == definition.direction:
            # Whoever created it was killed before it could say what it is.
            give_identity(study)
            study.set_user_attr(DEFINITION, _stored(definition))
        stored = definition_of(study)
        if any_precision:
            definition = replace(definition, precision=stored.precision)
        differences = definition.differences(stored)
        if differences:
            raise InputError(
                f"study {name!r} exists with something else: {'; '.join(differences)}; "
                "give this search another `study`"
            )
        return study


def load_study(storage: RDBStorage, name: str) -> optuna.Study:
    """Load a study by its name; raises InputError with the names there are, and for one that is no folder's name."""
    names = study_names(storage)
    if name not in names:
        there = f"there are {', '.join(sorted(names))}" if names else "there is none"
        raise InputError(f"{name}: no such study; {there}", setting="study")
    check_stored_name(name)
    return optuna.load_study(study_name=name, storage=storage)


def definition_of(study: optuna.Study) -> StudyDefinition:
    """Read the definition that was stored with a study; raises InputError for another format's."""
    found = study.user_attrs.get(DEFINITION)
    stored: dict[str, Any] = dict(found) if isinstance(found, dict) else {}
    written = stored.pop("format", 1 if stored else None)
    if written is not None and written != FORMAT:
        raise InputError(
            f"study {study.study_name!r} is of format {written}, and this version of nas_gan knows format {FORMAT}; "
            "begin it again in another `storage`, or go on with the version that began it"
        )
    try:
        lists = {name: tuple(stored[name]) for name in ("rungs", "other_metrics")}
        definition = StudyDefinition(**{**stored, **lists})
        _check_kinds(definition)
    except (TypeError, KeyError):
        raise InputError(
            f"study {study.study_name!r} wasn't made by this version of nas_gan; give another `study`"
        ) from None
    return definition


def _check_kinds(definition: StudyDefinition) -> None:
    """Raise TypeError where a value isn't of its kind, as in a database that somebody has changed by hand."""
    whole = (
        definition.channels,
        definition.resolution,
        definition.classes,
        definition.images,
        definition.seed,
    )
    if not (
        all(isinstance(number, int) for number in (*whole, *definition.rungs))
        and definition.rungs
        and isinstance(definition.space, str)
        and isinstance(definition.data, str)
        and definition.metric in METRICS
        and all(name in METRICS or name in COSTS for name in definition.other_metrics)
        and isinstance(definition.protocol, dict)
        and definition.precision in ("float32", "bfloat16")
    ):
        raise TypeError


def _stored(definition: StudyDefinition) -> dict[str, Any]:
    return {"format": FORMAT, **asdict(definition)}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
