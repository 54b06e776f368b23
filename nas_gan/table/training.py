"""Trains one architecture for the table, and makes the row of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, final

from nas_gan.data import DataConfig, load_dataset
from nas_gan.nets import Generator
from nas_gan.runs.record import RunRecord
from nas_gan.runs.resources import choose_device, load_resources
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources, score_generator
from nas_gan.runs.seeds import derive_seed
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Architecture
from nas_gan.table.row import Ending, Made, Origin, Row, Rung, SmallScores
from nas_gan.table.rungs import known, make_rungs
from nas_gan.training import Diverged, Precision

PRECISION: Precision = "bfloat16"
"""What all runs of the table compute in, as searches on processors that multiply in it do."""

SMALL_PROTOCOL = "classifier-1k"
SMALL_EVERY = 4
"""Each such index's first run is scored by `SMALL_PROTOCOL` too."""


@final
@dataclass(frozen=True)
class Assignment:
    """What a process is to train, as plain data: a row without what comes of it."""

    set: str
    index: int
    seed: int
    origin: Origin
    parent: str | None
    space: str
    space_fingerprint: str
    holes: Mapping[str, Scalar]
    point: Mapping[str, Scalar] | None
    architecture: Mapping[str, Any]
    scored_at: tuple[int, ...]
    code: str


@final
class TableTrainer:
    """Trains assignments on the embedded digits at one resolution, on one thread of a CPU."""

    def __init__(self, resolution: int) -> None:
        """Load the data and what scores, which is trained the first time."""
        config = DataConfig(resolution=resolution)
        dataset = load_dataset(config)

        def load(protocol: str | None) -> Resources:
            return load_resources(
                config,
                dataset,
                protocol=protocol,
                seed=0,
                device=choose_device("cpu"),
                inception_weights=None,
                announce=_say_nothing,
            )

        self._resources = load(None)
        self._small = replace(self._resources, scorer=load(SMALL_PROTOCOL).scorer)

    def train(self, assignment: Assignment) -> Row:
        """Train to the end, or until a guard ends it. Whatever else goes wrong is in the row as a failure."""
        seed = derive_seed(assignment.seed, assignment.set, assignment.index)
        architecture = Architecture.from_tree(assignment.architecture, assignment.set)
        with tempfile.TemporaryDirectory() as folder:
            planned = assignment.scored_at[-1]
            run = Run(
                architecture,
                self._resources,
                Path(folder),
                seed,
                planned,
                precision=PRECISION,
                full_scores=True,
            )
            followed = self._follow(assignment, run)
        record = run.record("interrupted")
        return Row(
            set=assignment.set,
            index=assignment.index,
            seed=assignment.seed,
            run_seed=seed,
            origin=assignment.origin,
            parent=assignment.parent,
            space=assignment.space,
            space_fingerprint=assignment.space_fingerprint,
            holes=dict(assignment.holes),
            point=None if assignment.point is None else dict(assignment.point),
            architecture=architecture.model_dump(mode="json"),
            recipe_hash=record.recipe_hash,
            cost=record.cost,
            outcome=followed.outcome,
            reason=followed.reason,
            images_seen=record.images_seen,
            planned=assignment.scored_at,
            rungs=followed.rungs,
            made=self._made(record, assignment.code),
            started_at=record.started_at,
        )

    def _follow(self, assignment: Assignment, run: Run) -> _Followed:
        wants_small = assignment.index % SMALL_EVERY == 0 and assignment.seed == 0
        seconds: list[float] = []
        small: list[SmallScores | None] = []
        outcome: Ending = "complete"
        reason = ""
        try:
            for images in assignment.scored_at:
                began = time.process_time()
                try:
                    run.advance(images)
                finally:
                    seconds.append(time.process_time() - began)
                small.append(self._score_small(run) if wants_small else None)
        except Diverged as diverged:
            outcome, reason = "diverged", diverged.reason
        except (RuntimeError, ValueError, ArithmeticError) as error:
            outcome, reason = "failed", f"{type(error).__name__}: {error}"
        return _Followed(
            outcome, reason, make_rungs(run.rungs, run.record("interrupted").curve, seconds, small)
        )

    def _score_small(self, run: Run) -> SmallScores:
        generator = run.averaged_generator()
        if not isinstance(generator, Generator):
            raise TypeError("a table holds generators from latents")
        scores = score_generator(generator, run.architecture, self._small, PRECISION, full=True)
        return SmallScores(
            inception_score=known(scores.inception_score),
            frechet_distance=known(scores.frechet_distance),
            kernel_distance=known(scores.kernel_distance),
        )

    def _made(self, record: RunRecord, code: str) -> Made:
        small = self._small.scorer.protocol
        return Made(
            code=code,
            version=record.versions["nas_gan"],
            torch=record.versions["torch"],
            python=record.versions["python"],
            device=record.device,
            precision=record.precision,
            data=record.data,
            data_fingerprint=record.data_fingerprint,
            protocol=record.protocol,
            small_protocol=asdict(small),
        )


@final
class _Followed(NamedTuple):
    outcome: Ending
    reason: str
    rungs: tuple[Rung, ...]


def _say_nothing(message: str) -> None:
    del message
