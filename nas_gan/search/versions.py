"""Which code proposed and paused a study's trials so far, so that a study that goes on with another says so."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from types import ModuleType

import optuna

from nas_gan.search import ranking, samplers, schedulers
from nas_gan.search.plugins import is_own, load_class
from nas_gan.search.samplers.interface import Sampler
from nas_gan.search.schedulers.interface import Scheduler
from nas_gan.search.settings import SearchSettings

CODE = "code"
"""Attribute of a study: name and digest of its sampler and of its scheduler, as of its last search."""


def note_code(study: optuna.Study, config: SearchSettings) -> list[str]:
    """Note with a study what it goes on with; say in a line each what proposed and paused its trials so far."""
    now = {
        "sampler": [config.sampler, _digest(config.sampler, Sampler, samplers)],
        "pruner": [config.pruner, _digest(config.pruner, Scheduler, schedulers, ranking)],
    }
    before, count = study.user_attrs.get(CODE, {}), len(study.get_trials(deepcopy=False))
    study.set_user_attr(CODE, now)
    lines = []
    for part, (name, digest) in now.items():
        was, old = before.get(part, (name, digest))
        if count and (was, old) != (name, digest):
            other = f"{part} {was}" if was != name else f"another version of {part} {name}"
            done = "proposed by" if part == "sampler" else "paused by"
            lines.append(
                f"study {study.study_name}: its {count} trials so far were {done} {other}, "
                f"and it goes on with {'this one' if was == name else name}"
            )
    return lines


def _digest(name: str, interface: type, *parts: ModuleType) -> str:
    """Hash the source of the user's own class, or of all of these modules and packages, with Optuna's version."""
    if is_own(name):
        own: type = load_class(name, interface, "sampler" if interface is Sampler else "pruner")
        files = [Path(inspect.getfile(own))]
    else:
        files = [file for part in parts for file in _files_of(part)]
    found = hashlib.sha256(optuna.__version__.encode())
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()[:12]


def _files_of(part: ModuleType) -> list[Path]:
    file = Path(inspect.getfile(part))
    return sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
