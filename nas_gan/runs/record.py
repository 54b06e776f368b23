"""What is kept of a run: enough to build, train and score the same again, and to judge it as it was."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from nas_gan.errors import InputError
from nas_gan.files import write_whole
from nas_gan.metrics.scores import Scores
from nas_gan.spec import Architecture, Cost

RECORD_FILE = "record.json"
ARCHITECTURE_FILE = "architecture.json"
WEIGHTS_FILE = "generator.safetensors"
BEST_WEIGHTS_FILE = "generator-best.safetensors"
DISCRIMINATOR_FILE = "discriminator.safetensors"
SAMPLES_FILE = "samples.png"
EXAMPLE_FILE = "example.png"
"""Of a translation: one image to translate."""

Weights = Literal["last", "best"]
Outcome = Literal["complete", "pruned", "rejected", "interrupted", "failed"]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RungRecord(_Kept):
    """Scores after `images_seen` images, and what getting there and scoring took.

    `latency_milliseconds`: what the generator took for one image there; None where a search didn't ask.
    """

    images_seen: int
    scores: Scores
    training_seconds: float
    scoring_seconds: float
    latency_milliseconds: float | None = None

    @field_validator("scores", mode="before")
    @classmethod
    def _refuse_unknown(cls, scores: object) -> object:
        """Refuse a score that isn't known, which a dataclass would drop without a word."""
        unknown = set(scores) - {field.name for field in fields(Scores)} if isinstance(scores, dict) else ()
        if unknown:
            raise ValueError(f"no score is called {min(unknown)!r}")
        return scores

    def facts(self) -> dict[str, Any]:
        """Return one flat table for programs: every score by its name, None where it wasn't made."""
        scores = asdict(self.scores)
        del scores["images"]
        protocol = scores.pop("protocol_fingerprint")
        measured = {"training_seconds": self.training_seconds, "scoring_seconds": self.scoring_seconds}
        if self.latency_milliseconds is not None:
            measured["latency_milliseconds"] = self.latency_milliseconds
        return {"images_seen": self.images_seen, **scores, "protocol": protocol, **measured}


class FinalRecord(_Kept):
    """Scores under a protocol whose real images nothing was chosen by, and a look for copies.

    The distances are medians, of generated images and of held-out ones, to the nearest training image: L2 over values
    in [0, 1] (`nas_gan.metrics.neighbours`). They are None of points.
    """

    protocol: dict[str, Any]
    scores: Scores
    sample_distance: float | None
    held_out_distance: float | None


class RunRecord(_Kept):
    """One training run. `curve` holds the points of `nas_gan.training.curves.CurvePoint` as plain tables.

    `data` holds the fields of `nas_gan.data.DataConfig`, `protocol` the whole protocol of the scores.
    `reused_from` is the trial whose result this is, where the same recipe had been trained before. `best_images_seen`:
    after how many images the weights scored best that are kept, too. `final`: of a run whose figure counts. `weights`:
    in a bundle, which of them it holds.
    """

    format: Literal[2] = 2
    outcome: Outcome
    reason: str
    architecture: Architecture
    architecture_hash: str
    recipe_hash: str
    cost: Cost
    data: dict[str, Any]
    data_fingerprint: str
    class_names: tuple[str, ...]
    protocol: dict[str, Any]
    seed: int
    precision: Literal["float32", "bfloat16"]
    images_planned: int
    images_seen: int
    rungs: tuple[RungRecord, ...]
    curve: tuple[dict[str, int | float], ...]
    reused_from: int | None
    best_images_seen: int | None = None
    weights: Weights | None = None
    final: FinalRecord | None = None
    device: str
    versions: dict[str, str]
    started_at: str
    wall_seconds: float

    @property
    def rung_seconds(self) -> float:
        """What training and scoring took up to the last rung."""
        return sum(rung.training_seconds + rung.scoring_seconds for rung in self.rungs)

    def to_json(self) -> str:
        """Return the record as JSON text."""
        return self.model_dump_json()


def write_record(folder: Path, record: RunRecord) -> None:
    """Write the record and the architecture of a run into its folder."""
    write_whole(folder / RECORD_FILE, record.model_dump_json(indent=1))
    tree = record.architecture.model_dump(mode="json")
    write_whole(folder / ARCHITECTURE_FILE, json.dumps(tree, indent=1) + "\n")


def load_record(folder: Path) -> RunRecord:
    """Read the record of a run's folder; raises InputError if there is none or it is damaged."""
    path = folder / RECORD_FILE
    try:
        return parse_record(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: not readable ({error.__class__.__name__}); give the folder of a trial or of `train -o`"
        ) from None


def parse_record(text: str, where: str) -> RunRecord:
    """Read a record from JSON; `where` names it in errors. Raises InputError if it is none of this version."""
    try:
        record = RunRecord.model_validate_json(text)
        _Insides.model_validate_json(record.model_dump_json(include=set(_Insides.model_fields)))
    except ValidationError as error:
        raise InputError(
            f"{where}: not a record of this version: {_first_problem(error)}; train the architecture again"
        ) from None
    return record


class DataFacts(BaseModel):
    """The fields of `nas_gan.data.DataConfig`, whose package would import torch."""

    model_config = ConfigDict(strict=True, extra="forbid")

    source: Annotated[str, Field(pattern=r"\S")]
    resolution: Annotated[int, Field(ge=8, le=512)] | None = None
    root: str | None = None
    download: bool = False
    limit: Annotated[int, Field(ge=16)] | None = None


class CurveFacts(BaseModel):
    """The fields of `nas_gan.training.CurvePoint`, likewise."""

    model_config = ConfigDict(strict=True, extra="forbid")

    images_seen: int
    updates: int
    discriminator_loss: float
    generator_loss: float
    real_output: float
    generated_output: float
    discriminator_gradient_norm: float
    generator_gradient_norm: float
    images_per_second: float
    discriminator_gradient_peak: float | None = None
    generator_gradient_peak: float | None = None


class _ProtocolFacts(BaseModel):
    """What every protocol has."""

    name: str
    seed: Annotated[int, Field(ge=0, lt=2**63)]


class _Insides(BaseModel):
    """What a record holds as plain tables, as whoever uses them expects it."""

    model_config = ConfigDict(strict=True)

    data: DataFacts
    protocol: _ProtocolFacts
    curve: tuple[CurveFacts, ...]
    wall_seconds: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
    class_names: tuple[str, ...]
    rungs: tuple[RungRecord, ...]

    @model_validator(mode="after")
    def _check_classes(self) -> _Insides:
        for rung in self.rungs:
            of_classes = (rung.scores.class_frechet_distances, rung.scores.class_shares)
            if any(len(values or ()) > len(self.class_names) for values in of_classes):
                raise ValueError("rungs: scores of more classes than class_names has")
        return self


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    path = ".".join(str(step) for step in first["loc"])
    return f"{path}: {first['msg']}" if path else first["msg"].removeprefix("Value error, ")
