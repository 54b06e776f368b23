"""What a study is: space, data, metric, direction, protocol and budget, kept with it and never mixed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

import optuna
from optuna.storages import RDBStorage

from nas_gan.errors import InputError

Metric = Literal["fid", "is"]

DEFINITION = "definition"
TRIALS_ASKED = "trials_asked"


@final
@dataclass(frozen=True)
class StudyDefinition:
    """What all trials of a study share. Fingerprints tell contents apart that have one name."""

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

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """Whether a smaller value of the metric is better."""
        return "minimize" if self.metric == "fid" else "maximize"

    def differences(self, other: StudyDefinition) -> list[str]:
        """What differs, one readable item each: `metric is fid there and is here`."""
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


def create_or_continue(storage: RDBStorage, name: str, definition: StudyDefinition) -> optuna.Study:
    """Creates the study, or loads it if it is the same; raises InputError that says what differs."""
    if name in optuna.get_all_study_names(storage):
        study = optuna.load_study(study_name=name, storage=storage)
        differences = definition.differences(definition_of(study))
        if differences:
            raise InputError(
                f"study {name!r} exists with something else: {'; '.join(differences)}; "
                "give this search another --study"
            )
        return study
    study = optuna.create_study(study_name=name, storage=storage, direction=definition.direction)
    study.set_user_attr(DEFINITION, asdict(definition))
    return study


def load_study(storage: RDBStorage, name: str) -> optuna.Study:
    """Loads a study by its name; raises InputError with the names there are."""
    names = optuna.get_all_study_names(storage)
    if name not in names:
        raise InputError(
            f"--study {name}: no such study; there {'are' if names else 'is none'} {', '.join(names)}"
        )
    return optuna.load_study(study_name=name, storage=storage)


def definition_of(study: optuna.Study) -> StudyDefinition:
    """The definition that was stored with a study."""
    stored: dict[str, Any] = study.user_attrs.get(DEFINITION, {})
    try:
        return StudyDefinition(**{**stored, "rungs": tuple(stored["rungs"])})
    except (TypeError, KeyError):
        raise InputError(
            f"study {study.study_name!r} wasn't made by this version of nas_gan; give another --study"
        ) from None


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
