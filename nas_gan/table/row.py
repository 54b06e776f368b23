"""What one training run left in the table. This module does without torch."""

from __future__ import annotations

from typing import Any, Literal, final

from pydantic import BaseModel, ConfigDict

from nas_gan.spec import Architecture, Cost

Scalar = str | int | float | bool | None
Origin = Literal["point", "random", "mutant"]
Ending = Literal["complete", "diverged", "failed"]

SCORED_AT = (667, 2_000, 4_000, 6_000, 9_000, 12_000, 18_000)
"""Images after which every run of the table is scored."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


@final
class Curve(_Kept):
    """Training facts as in `nas_gan.training.CurvePoint`: losses that the networks minimise, means of
    sigmoid(score) in [0, 1], and L2 norms of all gradients of a network.
    """

    discriminator_loss: float
    generator_loss: float
    real_output: float
    generated_output: float
    discriminator_gradient_norm: float
    generator_gradient_norm: float


@final
class SmallScores(_Kept):
    """Scores of 1,000 images in place of 5,000, where they were made."""

    inception_score: float
    frechet_distance: float
    kernel_distance: float


@final
class Rung(_Kept):
    """Where a run stood after `images_seen` images.

    Distances: at least 0 (the kernel's about 0), lower is better. Inception Score: in [1, classes], higher is better.
    `class_frechet_distance` is the mean over the classes, None for unconditional networks. `window` is the last window
    of up to 50 updates, `since` the mean over all updates since the rung before. Seconds are those since the rung
    before: of the wall for training and scoring, and of the processor for both together.
    """

    images_seen: int
    inception_score: float
    frechet_distance: float
    kernel_distance: float
    class_frechet_distance: float | None
    class_similarity: float | None
    small: SmallScores | None = None
    window: Curve
    since: Curve
    training_seconds: float
    scoring_seconds: float
    cpu_seconds: float


@final
class Made(_Kept):
    """What made a row: versions, machine, and the conditions of its scores.

    `code` is the commit of the checkout, `protocol` and `small_protocol` hold every field of the scores' protocols.
    """

    code: str
    version: str
    torch: str
    python: str
    device: str
    precision: str
    data: dict[str, Any]
    data_fingerprint: str
    protocol: dict[str, Any]
    small_protocol: dict[str, Any]


@final
class Row(_Kept):
    """One training run.

    `set`, `index` and `seed` name it; runs that differ in `seed` alone are of one architecture. `origin` says where the
    architecture comes from: a `point` of a space that is enumerated, drawn at `random`, or a `mutant` of `parent`
    (`baselines/NAME`, or SET/INDEX). `holes` are the values that the space asked for, `point` those of the same
    architecture at the origin's resolution where that is another one, else None. `architecture` is the whole spec;
    `read_architecture` reads it. `planned` are the images after which it was to be scored.

    A run that a guard ended has `diverged`, with the guard's words as its `reason` and the rungs up to there.
    """

    format: Literal[1] = 1
    set: str
    index: int
    seed: int
    run_seed: int
    origin: Origin
    parent: str | None
    space: str
    space_fingerprint: str
    holes: dict[str, Scalar]
    point: dict[str, Scalar] | None
    architecture: dict[str, Any]
    recipe_hash: str
    cost: Cost
    outcome: Ending
    reason: str
    images_seen: int
    planned: tuple[int, ...]
    rungs: tuple[Rung, ...]
    made: Made
    started_at: str

    @property
    def final(self) -> Rung | None:
        """The last planned rung; None for a run that didn't get there."""
        if self.outcome == "complete" and self.rungs and self.rungs[-1].images_seen == self.planned[-1]:
            return self.rungs[-1]
        return None

    @property
    def genes(self) -> dict[str, Scalar]:
        """Hole values at the resolution where the architecture was drawn."""
        return self.holes if self.point is None else self.point

    def read_architecture(self) -> Architecture:
        """Return the spec, which can be built and trained; raises InputError where this version reads it no more."""
        return Architecture.from_tree(self.architecture, f"{self.set}/{self.index}")

    def to_line(self) -> str:
        """Return the row as one line of JSON, its end included."""
        return self.model_dump_json() + "\n"
