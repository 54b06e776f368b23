"""Which artifacts a trial is linked to, as Optuna notes it."""

from __future__ import annotations

import json

from optuna.trial import FrozenTrial

from nas_gan.study.artifacts import ARTIFACT_PREFIX


def linked_artifacts(trial: FrozenTrial) -> dict[str, str]:
    """The name of the picture by the identity of each artifact. Optuna's own way asks the database for each trial."""
    return {
        key.removeprefix(ARTIFACT_PREFIX): str(json.loads(text)["filename"])
        for key, text in trial.system_attrs.items()
        if key.startswith(ARTIFACT_PREFIX)
    }
