from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from nas_gan.space import load_space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Cost, Image, recipe_hash
from nas_gan.table import Curve, Made, Row, Rung
from nas_gan.table.points import Values, fill_known

CURVE = Curve(
    discriminator_loss=1.0,
    generator_loss=1.0,
    real_output=0.6,
    generated_output=0.4,
    discriminator_gradient_norm=2.0,
    generator_gradient_norm=3.0,
)
MADE = Made(
    code="abc",
    version="0",
    torch="2",
    python="3",
    device="cpu",
    precision="float32",
    data={},
    data_fingerprint="",
    protocol={"sample_count": 5_000},
    small_protocol={},
)
PLANNED = (100, 200, 300)

MakeRow = Callable[..., Row]


@pytest.fixture
def make_row() -> MakeRow:
    """Makes a row of a set; `distances` are its Fréchet distances at as many of the rungs."""
    return _make_row


def _make_row(
    index: int,
    distances: tuple[float, ...],
    *,
    name: str = "random-14",
    seed: int = 0,
    holes: Values | None = None,
    macs: int = 1_000_000,
) -> Row:
    filled = fill_known(
        load_space("resdense"), Image(channels=1, resolution=14, classes=10), {}, random.Random(index)
    )
    found: dict[str, Scalar] = dict(filled.holes if holes is None else holes)
    return Row(
        set=name,
        index=index,
        seed=seed,
        run_seed=seed,
        origin="random",
        parent=None,
        space="resdense",
        space_fingerprint="",
        holes=found,
        point=None,
        architecture=filled.architecture.model_dump(mode="json"),
        recipe_hash=recipe_hash(filled.architecture),
        cost=Cost(
            generator_parameters=1, generator_macs=macs, discriminator_parameters=1, discriminator_macs=macs
        ),
        outcome="complete" if len(distances) == len(PLANNED) else "diverged",
        reason="" if len(distances) == len(PLANNED) else "a loss is not finite",
        images_seen=PLANNED[len(distances) - 1],
        planned=PLANNED,
        rungs=tuple(
            Rung(
                images_seen=images,
                inception_score=1 + 100 / distance,
                frechet_distance=distance,
                kernel_distance=distance / 1000,
                class_frechet_distance=None,
                class_similarity=0.1,
                window=CURVE,
                since=CURVE,
                training_seconds=1.0,
                scoring_seconds=1.0,
                cpu_seconds=2.0,
            )
            for images, distance in zip(PLANNED, distances, strict=False)
        ),
        made=MADE,
        started_at="2026-01-01T00:00:00+00:00",
    )
