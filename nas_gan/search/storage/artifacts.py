"""Pictures of a trial that optuna-dashboard shows beside it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import optuna
from optuna.artifacts import ArtifactMeta
from optuna.trial import FrozenTrial

from nas_gan.files import name_meant, write_whole
from nas_gan.search.storage.worker_storage import trial_id_of
from nas_gan.store.remote_folder import RemoteFolder

ARTIFACTS_FOLDER = "artifacts"
ARTIFACT_PREFIX = "artifacts:"  # of the attributes in which Optuna looks for them


def keep_picture(trial: optuna.Trial, out: Path, picture: Path, remote: RemoteFolder | None = None) -> None:
    """Put a PNG among the artifacts of `remote`, or of `out` without one, then link the trial to it.

    In this order, and as a whole file, a link never leads to nothing or to half a picture, whenever the process is
    killed; Optuna's own upload links first. The same picture of the same trial replaces itself.
    """
    name = f"{trial.study.study_name}/{trial.number}/{picture.name}"
    # The dashboard shows pictures in the order in which a database lists their keys: rung by rung, so.
    images = int("".join(filter(str.isdecimal, picture.stem)) or 0)
    identity = f"{images:012d}-{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    if remote is not None:
        remote.put(picture, f"{ARTIFACTS_FOLDER}/{identity}")
    else:
        folder = out / ARTIFACTS_FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / identity, picture.read_bytes())
    meta = ArtifactMeta(identity, picture.name, "image/png", None)
    trial_id = trial_id_of(trial.storage, trial.study.study_name, trial.number)
    trial.storage.set_trial_system_attr(trial_id, f"{ARTIFACT_PREFIX}{identity}", json.dumps(asdict(meta)))


def half_written_pictures(trials: Sequence[FrozenTrial], runs: RemoteFolder) -> dict[int, list[str]]:
    """Return files in `runs` that were to become pictures of trials, by these trials' numbers."""
    owners = {identity: trial.number for trial in trials for identity in linked_artifacts(trial)}
    found: dict[int, list[str]] = {}
    for name in runs.within(ARTIFACTS_FOLDER).half_written():
        owner = owners.get(name_meant(name) or "")
        if owner is not None:
            found.setdefault(owner, []).append(f"{ARTIFACTS_FOLDER}/{name}")
    return found


def linked_artifacts(trial: FrozenTrial) -> dict[str, str]:
    """Return the name of the picture by the identity of each artifact. Optuna's own way asks the database for each
    trial.
    """
    return {
        key.removeprefix(ARTIFACT_PREFIX): str(json.loads(text)["filename"])
        for key, text in trial.system_attrs.items()
        if key.startswith(ARTIFACT_PREFIX)
    }
