"""What is kept of a run: enough to build, train and score the same again, and to judge it as it was."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from nas_gan.errors import InputError
from nas_gan.files import write_whole
from nas_gan.spec import Architecture
from nas_gan.spec.architecture import with_kinds

RECORD_FILE = "record.json"
ARCHITECTURE_FILE = "architecture.json"
WEIGHTS_FILE = "generator.safetensors"
DISCRIMINATOR_FILE = "discriminator.safetensors"
SAMPLES_FILE = "samples.png"

Outcome = Literal["complete", "pruned", "turned_down", "interrupted", "failed"]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RungRecord(_Kept):
    """Scores after `images_seen` images, made under the protocol whose fingerprint is `protocol`.

    The scores are those of `nas_gan.metrics.scores.Scores`; None where the protocol doesn't have them, where they
    weren't asked for at this rung, and in records from before they were made.
    """

    images_seen: int
    inception_score: float | None = None
    inception_score_deviation: float | None = None
    frechet_distance: float | None = None
    kernel_distance: float | None = None
    class_frechet_distances: tuple[float, ...] | None = None
    mean_class_frechet_distance: float | None = None
    class_similarity: float | None = None
    modes_covered: int | None = None
    near_share: float | None = None
    transport_distance: float | None = None
    protocol: str
    training_seconds: float
    scoring_seconds: float


class CostRecord(_Kept):
    """Parameters, and multiply-adds of one image, a network each."""

    generator_parameters: int
    generator_macs: int
    discriminator_parameters: int
    discriminator_macs: int


class RunRecord(_Kept):
    """One training run. `curve` holds the points of `nas_gan.training.curves.CurvePoint` as plain tables.

    `data` holds the fields of `nas_gan.data.DataConfig`, `protocol` the whole protocol of the scores.
    `reused_from` is the trial whose result this is, where the same recipe had been trained before.
    """

    format: Literal[1] = 1
    outcome: Outcome
    reason: str
    architecture: Architecture
    architecture_hash: str
    recipe_hash: str
    cost: CostRecord
    data: dict[str, Any]
    data_fingerprint: str
    class_names: tuple[str, ...]
    protocol: dict[str, Any]
    seed: int
    precision: Literal["float32", "bfloat16"]
    images_planned: int
    images_seen: int
    rungs: tuple[RungRecord, ...]
    curve: tuple[dict[str, float], ...]
    reused_from: int | None
    device: str
    versions: dict[str, str]
    started_at: str
    wall_seconds: float

    def to_json(self) -> str:
        """The record as JSON text."""
        return self.model_dump_json()


def write_record(folder: Path, record: RunRecord) -> None:
    """Writes the record and the architecture of a run into its folder."""
    write_whole(folder / RECORD_FILE, record.model_dump_json(indent=1))
    tree = record.architecture.model_dump(mode="json")
    write_whole(folder / ARCHITECTURE_FILE, json.dumps(tree, indent=1) + "\n")


def load_record(folder: Path) -> RunRecord:
    """Reads the record of a run's folder; raises InputError if there is none or it is damaged."""
    path = folder / RECORD_FILE
    try:
        return parse_record(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: not readable ({error.__class__.__name__}); give the folder of a trial or of `train -o`"
        ) from None


def parse_record(text: str, where: str) -> RunRecord:
    """Reads a record from JSON; `where` names it in errors. Earlier records leave kinds out."""
    with contextlib.suppress(ValidationError):
        return RunRecord.model_validate_json(text)
    try:
        return RunRecord.model_validate_json(_with_kinds(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        raise InputError(
            f"{where}: not a record of this version: {path}: {first['msg']}; train the architecture again"
        ) from None


def _with_kinds(text: str) -> str:
    try:
        tree = json.loads(text)
    except ValueError:
        return text
    if isinstance(tree, dict) and isinstance(tree.get("architecture"), dict):
        tree["architecture"] = with_kinds(tree["architecture"])
    return json.dumps(tree)
