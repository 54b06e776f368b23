"""Records of what a run did: put together from what the run, its resources and this process know."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import asdict
from datetime import datetime

import torch

from nas_gan.runs.record import Outcome, RungRecord, RunRecord
from nas_gan.runs.scoring import Resources
from nas_gan.spec import Architecture, compute_cost, content_hash, recipe_hash
from nas_gan.training import Precision
from nas_gan.version import __version__


def make_record(  # noqa: PLR0913 - a record's own fields
    architecture: Architecture,
    resources: Resources,
    *,
    seed: int,
    precision: Precision,
    images_planned: int,
    images_seen: int,
    outcome: Outcome,
    reason: str,
    rungs: tuple[RungRecord, ...],
    curve: tuple[dict[str, float], ...],
    started: datetime,
    wall_seconds: float = 0.0,
    best_images_seen: int | None = None,
) -> RunRecord:
    """Return the record of a run on these resources."""
    return RunRecord(
        outcome=outcome,
        reason=reason,
        architecture=architecture,
        architecture_hash=content_hash(architecture),
        recipe_hash=recipe_hash(architecture),
        cost=compute_cost(architecture),
        data=asdict(resources.data_config),
        data_fingerprint=resources.dataset.fingerprint,
        class_names=resources.dataset.class_names,
        protocol=asdict(resources.scorer.protocol),
        seed=seed,
        precision=precision,
        images_planned=images_planned,
        images_seen=images_seen,
        rungs=rungs,
        curve=curve,
        reused_from=None,
        best_images_seen=best_images_seen,
        device=device_name(resources.device),
        versions=_versions(),
        started_at=started.isoformat(timespec="seconds"),
        wall_seconds=round(wall_seconds, 3),
    )


def device_name(device: torch.device) -> str:
    """Return what kind of device it is, so that two of one name compute the same."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return f"{device.type} ({platform.machine()}, {torch.get_num_threads()} threads)"


def _versions() -> dict[str, str]:
    return {
        "nas_gan": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "optuna": importlib.metadata.version("optuna"),
    }
