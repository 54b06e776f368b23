"""Which architecture a run of the table trains. This module does without torch."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.errors import InputError
from nas_gan.space import NotAPoint, Space, bundled_spaces, load_space, sample
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Architecture, Image, compute_cost, recipe_hash
from nas_gan.table.points import Filled, Values, enumerate_points, fill_known, mutate
from nas_gan.table.row import Origin, Row
from nas_gan.table.sets import TableSet, is_mutant

MOST_MACS = 40_000_000
"""Multiply-adds of both networks at the origin's resolution, at most; above it another is drawn."""

ORIGIN_RESOLUTION = 28
"""Where random architectures and mutants are drawn, whatever the resolution they are trained at."""

PARENTS = 5
"""Mutants of recorded rows come from the best so many."""

LAG = 24
"""A mutant's parents are at least so many indices behind it, so that they have been recorded when it is drawn, and
it is the same however many processes record."""

BASELINES = "baselines/"
TRIES = 10_000


@final
@dataclass(frozen=True)
class Drawn:
    """An architecture of a set. `point` as in `nas_gan.table.row.Row`."""

    origin: Origin
    parent: str | None
    architecture: Architecture
    holes: Mapping[str, Scalar]
    point: Mapping[str, Scalar] | None


def image_at(resolution: int) -> Image:
    """Return the embedded digits at a resolution."""
    return Image(channels=1, resolution=resolution, classes=10)


def list_points(table_set: TableSet, space: Space) -> list[Drawn]:
    """Return the points of an enumerated set, shuffled. InputError unless there are as many as the set says."""
    points = [
        Drawn("point", None, filled.architecture, filled.holes, None)
        for filled in enumerate_points(space, image_at(table_set.resolution))
    ]
    if len(points) != table_set.count:
        raise InputError(
            f"{space.name}: has {len(points)} points, and {table_set.name} is of {table_set.count}"
        )
    random.Random(0).shuffle(points)
    return points


def draw(
    table_set: TableSet, space: Space, index: int, rows: Sequence[Row], starts: Mapping[str, Values]
) -> Drawn:
    """Return architecture `index` of a drawn set: a random one, or a mutant of one of `starts` or of a good one of
    `rows`.
    """
    generator = random.Random(f"{table_set.name}/{index}")
    parent = _choose_parent(index, rows, starts, generator) if is_mutant(index) else None
    origin = image_at(ORIGIN_RESOLUTION)
    known = {row.recipe_hash for row in rows if row.index != index}
    for _ in range(TRIES):
        if parent is None:
            filled = fill_known(space, origin, {}, generator)
        else:
            filled = mutate(space, origin, parent[1], generator)
        if compute_cost(filled.architecture).macs > MOST_MACS:
            continue
        here = at_resolution(space, filled.holes, table_set.resolution, index)
        if recipe_hash(here.architecture) not in known:
            name = None if parent is None else parent[0]
            return Drawn(
                "random" if parent is None else "mutant", name, here.architecture, here.holes, filled.holes
            )
    raise InputError(
        f"{space.name}: no new architecture below {MOST_MACS:,} multiply-adds in {TRIES:,} draws"
    )


def at_resolution(space: Space, point: Values, resolution: int, index: int) -> Filled:
    """Move a point's architecture to another resolution; holes that only that one has depend on `index` alone."""
    return fill_known(space, image_at(resolution), point, random.Random(f"{resolution}/{index}"))


def copy_row(table_set: TableSet, space: Space, row: Row) -> Drawn:
    """Return the architecture of a row at this set's resolution."""
    here = at_resolution(space, row.genes, table_set.resolution, row.index)
    return Drawn(row.origin, row.parent, here.architecture, here.holes, None)


def find_starts(space: Space) -> dict[str, Values]:
    """Return hole values of the hand-made architectures that come with the package, as far as the space has them."""
    names = [name for name in bundled_spaces() if name.startswith(BASELINES)]
    image, nothing_random = image_at(ORIGIN_RESOLUTION), random.Random(0)
    located = {name: space.locate(sample(load_space(name), image, nothing_random)) for name in names}
    return {name: point for name, point in located.items() if not isinstance(point, NotAPoint)}


def _choose_parent(
    index: int, rows: Sequence[Row], starts: Mapping[str, Values], generator: random.Random
) -> tuple[str, Values] | None:
    """Return starts and good rows in turn, as far as there are any."""
    good = sorted(
        (row.final.frechet_distance, row.index, row)
        for row in rows
        if row.seed == 0 and row.index <= index - LAG and row.final is not None
    )[:PARENTS]
    wants_start = (index // 3) % 2 == 0
    if starts and (wants_start or not good):
        name = generator.choice(sorted(starts))
        return name, starts[name]
    if good:
        row = generator.choice(good)[2]
        return f"{row.set}/{row.index}", row.genes
    return None
