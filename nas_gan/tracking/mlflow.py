"""MLflow, at MLFLOW_TRACKING_URI or in a database of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import final

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from nas_gan.tracking.interface import Plain, Tracker

NAME_TAG = "nas_gan.run"
BATCH = 100
"""Parameters that one call takes at most."""
STATES = {"complete": "FINISHED", "failed": "FAILED", "fail": "FAILED"}


@final
class MlflowTracker(Tracker):
    """One run each, all in an experiment."""

    def __init__(self, folder: Path, experiment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        server = os.environ.get("MLFLOW_TRACKING_URI")
        self._client = MlflowClient(server or f"sqlite:///{folder.resolve() / 'mlflow.db'}")
        found = self._client.get_experiment_by_name(experiment)
        files = None if server else (folder.resolve() / "files").as_uri()
        self._experiment = found.experiment_id if found else self._client.create_experiment(experiment, files)
        self._runs: dict[str, str] = {}

    def begin(self, run: str, hyperparameters: Mapping[str, Plain]) -> None:
        """Begin a run, or go on with that of the same name."""
        own = f"tags.`{NAME_TAG}` = '{run}'"
        there = self._client.search_runs([self._experiment], own, max_results=1)
        if there:
            self._runs[run] = there[0].info.run_id
            self._client.update_run(self._runs[run], status="RUNNING")
            return
        made = self._client.create_run(self._experiment, run_name=run, tags={NAME_TAG: run})
        self._runs[run] = made.info.run_id
        params = iter([Param(name, str(value)) for name, value in hyperparameters.items()])
        while batch := list(islice(params, BATCH)):
            self._client.log_batch(made.info.run_id, params=batch)

    def log(self, run: str, images_seen: int, values: Mapping[str, float]) -> None:
        """Take losses or scores."""
        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, images_seen) for name, value in values.items()]
        self._client.log_batch(self._runs[run], metrics=metrics)

    def show(self, run: str, images_seen: int, picture: Path) -> None:
        """Take a grid of samples."""
        self._client.log_artifact(self._runs[run], str(picture), "samples")

    def end(self, run: str, state: str, reason: str) -> None:
        """End a run."""
        identity = self._runs.pop(run)
        self._client.set_tag(identity, "state", state)
        self._client.set_tag(identity, "reason", reason)
        self._client.set_terminated(identity, STATES.get(state, "KILLED"))

    def close(self) -> None:
        """End the runs that are left."""
        for run in list(self._runs):
            self.end(run, "interrupted", "")
