"""The sets of runs that the table is made of, and the jobs of each in the order in which they are best recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, final

from nas_gan.errors import InputError
from nas_gan.table.row import SCORED_AT

LONG_SCORED_AT = (2_000, 6_000, 18_000, 36_000, 60_000, 100_000)

PERIOD = 18
REPEATED = (0, 8, 13)
"""Indices modulo `PERIOD` that get further seeds: a sixth of all, random architectures and mutants alike."""

SEEDS = 3
MUTANT_EVERY = 3


@final
@dataclass(frozen=True)
class TableSet:
    """Runs that belong together.

    kind: `enumerated`, all points of a space; `drawn`, random points and mutants; `copied`, the first architectures of
        the set `source`, of the same indices; `spread`, some of that set, from its best to its worst at the end.
    count: architectures; for an enumerated set the number of points.
    scored_at: images after which its runs are scored, the last of them their end.
    repeats: whether a sixth of the architectures gets three seeds.
    """

    name: str
    kind: Literal["enumerated", "drawn", "copied", "spread"]
    space: str
    resolution: int
    count: int
    source: str | None = None
    scored_at: tuple[int, ...] = SCORED_AT
    repeats: bool = True


SETS = {
    one.name: one
    for one in (
        TableSet("enumerated-14", "enumerated", "small", 14, 216),
        TableSet("random-14", "drawn", "resdense", 14, 200),
        TableSet("random-28", "copied", "resdense", 28, 100, "random-14"),
        TableSet("long-14", "spread", "resdense", 14, 8, "random-14", LONG_SCORED_AT, repeats=False),
    )
}


@final
@dataclass(frozen=True, order=True)
class Job:
    """One run of a set: `index` is the architecture's, `seed` counts its repeats from 0."""

    index: int
    seed: int


def find_set(name: str) -> TableSet:
    """Return the set called `name`; InputError where there is none."""
    if name not in SETS:
        raise InputError(f"{name}: there is no such set; use one of {', '.join(SETS)}", setting="set")
    return SETS[name]


def list_jobs(table_set: TableSet, indices: Iterable[int] | None = None) -> Iterator[Job]:
    """Return all runs of a set: in the order of the indices of its architectures, repeats beside the first run.

    `indices`: those of the architectures, where they aren't the first ones.
    """
    for index in range(table_set.count) if indices is None else indices:
        repeated = table_set.repeats and index % PERIOD in REPEATED
        for seed in range(SEEDS if repeated else 1):
            yield Job(index, seed)


def is_mutant(index: int) -> bool:
    """Say whether an architecture of a drawn set is to be a mutant: each third."""
    return index % MUTANT_EVERY == MUTANT_EVERY - 1
