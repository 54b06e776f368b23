"""The sets of runs that the table is made of, and the jobs of each in the order in which they are best recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, final

from nas_gan.errors import InputError

PERIOD = 18
REPEATED = (0, 8, 13)
"""Indices modulo `PERIOD` that get further seeds: a sixth of all, random architectures and mutants alike."""

SEEDS = 3
MUTANT_EVERY = 3


@final
@dataclass(frozen=True)
class TableSet:
    """Runs that belong together.

    kind: `enumerated`, all points of a space; `drawn`, random points and mutants; `copied`, the architectures of the
        set `source` at another resolution.
    count: architectures; for an enumerated set the number of points.
    """

    name: str
    kind: Literal["enumerated", "drawn", "copied"]
    space: str
    resolution: int
    count: int
    source: str | None = None


SETS = {
    one.name: one
    for one in (
        TableSet("enumerated-14", "enumerated", "small", 14, 216),
        TableSet("random-14", "drawn", "resdense", 14, 200),
        TableSet("random-28", "copied", "resdense", 28, 100, "random-14"),
    )
}


@final
@dataclass(frozen=True, order=True)
class Job:
    """One run of a set: `index` is the architecture's, `seed` counts its repeats from 0."""

    index: int
    seed: int


def find_set(name: str) -> TableSet:
    """The set called `name`; InputError where there is none."""
    if name not in SETS:
        raise InputError(f"--set {name}: there is no such set; use one of {', '.join(SETS)}")
    return SETS[name]


def list_jobs(count: int) -> Iterator[Job]:
    """All runs of a set of so many architectures: in the order of their indices, repeats beside the first run."""
    for index in range(count):
        for seed in range(SEEDS if index % PERIOD in REPEATED else 1):
            yield Job(index, seed)


def is_mutant(index: int) -> bool:
    """Whether an architecture of a drawn set is to be a mutant: each third."""
    return index % MUTANT_EVERY == MUTANT_EVERY - 1
