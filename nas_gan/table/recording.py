"""Records a set of the table: runs side by side, each row kept as soon as its run has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from nas_gan.errors import InputError
from nas_gan.space import Space, load_space
from nas_gan.table.crew import train_side_by_side
from nas_gan.table.drawing import Drawn, copy_row, draw, find_starts, list_points
from nas_gan.table.log import open_log, read_rows
from nas_gan.table.pack import renew
from nas_gan.table.row import Row
from nas_gan.table.sets import SETS, Job, TableSet, list_jobs
from nas_gan.table.training import Assignment


@final
@dataclass(frozen=True)
class Recording:
    """How to record. `folder` holds a file of rows a set; `limit` runs at most are made, None for all there are.

    `nice` is added to the niceness of the processes that train: at 0 they are like any other, at 19 they give way.
    `scored_at` takes the place of the set's own numbers of images, for a trial.
    """

    folder: Path
    workers: int = 1
    limit: int | None = None
    nice: int = 10
    scored_at: tuple[int, ...] | None = None
    code: str = "unknown"

    def path(self, name: str) -> Path:
        """Return the file of a set's rows."""
        return self.folder / f"{name}.jsonl"


@final
@dataclass(frozen=True)
class Progress:
    """Where a recording is: the row that has just been added, and how many runs of this call are done, of how many.

    `seconds_left` counts on runs that take as long as those of this call did.
    """

    row: Row
    done: int
    planned: int
    seconds_left: float


def record(table_set: TableSet, recording: Recording, on_progress: Callable[[Progress], None]) -> int:
    """Add the rows that a set lacks to its file, and give their number.

    A run that was under way when its process ended is made again by the next call. Raises InputError where another
    process records this set, where the file's rows were scored after other numbers of images, and where the
    set that its architectures come from lacks rows; `WorkerLostError` where a process that trains is killed.
    """
    space = load_space(table_set.space)
    with open_log(recording.path(table_set.name)) as log:
        _check_planned(log.rows, recording, table_set)
        source = _read_source(table_set, recording)
        left = _jobs_left(table_set, log.rows, source)[: recording.limit]
        drawer = _Drawer(table_set, space, log.rows, source)
        assignments = (_assign(table_set, space, job, drawer.draw(job), recording) for job in left)
        began = time.monotonic()
        trained = train_side_by_side(assignments, table_set.resolution, recording.workers, recording.nice)
        for done, row in enumerate(trained, 1):
            log.add(row)
            seconds_left = (time.monotonic() - began) / done * (len(left) - done)
            on_progress(Progress(row, done, len(left), seconds_left))
    return len(left)


def count_left(table_set: TableSet, recording: Recording) -> int:
    """Say how many runs of a set are still to be made."""
    rows = read_rows(recording.path(table_set.name))
    return len(_jobs_left(table_set, rows, _read_source(table_set, recording)))


@final
class _Drawer:
    """Draws each architecture once, and takes it from its first row where there is one."""

    def __init__(
        self, table_set: TableSet, space: Space, rows: Sequence[Row], source: dict[int, Row]
    ) -> None:
        self._set, self._space, self._rows, self._source = table_set, space, rows, source
        self._points = list_points(table_set, space) if table_set.kind == "enumerated" else []
        self._starts = find_starts(space) if table_set.kind == "drawn" else {}
        self._drawn: dict[int, Drawn] = {}

    def draw(self, job: Job) -> Drawn:
        """Return the architecture of a job."""
        if job.index not in self._drawn:
            self._drawn[job.index] = self._draw(job.index)
        return self._drawn[job.index]

    def _draw(self, index: int) -> Drawn:
        if self._set.kind == "enumerated":
            return self._points[index]
        for row in map(renew, (row for row in self._rows if row.index == index)):
            return Drawn(row.origin, row.parent, row.read_architecture(), row.holes, row.point)
        if self._set.source is not None:
            return copy_row(self._set, self._space, self._source[index])
        return draw(self._set, self._space, index, self._rows, self._starts)


def _jobs_left(table_set: TableSet, rows: Sequence[Row], source: dict[int, Row]) -> list[Job]:
    done = {Job(row.index, row.seed) for row in rows}
    indices = None if table_set.source is None else sorted(source)
    return [job for job in list_jobs(table_set, indices) if job not in done]


def _read_source(table_set: TableSet, recording: Recording) -> dict[int, Row]:
    """Return the rows by index whose architectures a copied or spread set trains."""
    if table_set.source is None:
        return {}
    source = SETS[table_set.source]
    path = recording.path(source.name)
    rows = {row.index: row for row in read_rows(path) if row.seed == 0}
    needed = source.count if table_set.kind == "spread" else 1
    if len(rows) < needed:
        raise InputError(
            f"{path}: has {len(rows)} architectures, and {table_set.name} takes its own from {needed} or more; "
            f"record {source.name} first"
        )
    return (
        choose_spread(rows, table_set.count) if table_set.kind == "spread" else _first(rows, table_set.count)
    )


def choose_spread(rows: Mapping[int, Row], count: int) -> dict[int, Row]:
    """Return `count` of the rows that came to their end: the best, the worst, and those in between at even ranks."""
    ended = [(row.final.frechet_distance, index) for index, row in rows.items() if row.final is not None]
    places = {round(place * (len(ended) - 1) / (count - 1)) for place in range(count)} if ended else set()
    chosen = [sorted(ended)[place][1] for place in places]
    return {index: rows[index] for index in chosen}


def _first(rows: Mapping[int, Row], count: int) -> dict[int, Row]:
    return {index: row for index, row in rows.items() if index < count}


def _check_planned(rows: Sequence[Row], recording: Recording, table_set: TableSet) -> None:
    scored_at = recording.scored_at or table_set.scored_at
    for row in rows:
        if row.planned != scored_at:
            raise InputError(
                f"{recording.path(table_set.name)}: its rows are scored after {_listed(row.planned)} images, not after "
                f"{_listed(scored_at)}; record into another folder"
            )


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(f"{number:,}" for number in numbers)


def _assign(table_set: TableSet, space: Space, job: Job, drawn: Drawn, recording: Recording) -> Assignment:
    return Assignment(
        set=table_set.name,
        index=job.index,
        seed=job.seed,
        origin=drawn.origin,
        parent=drawn.parent,
        space=space.name,
        space_fingerprint=space.fingerprint,
        holes=drawn.holes,
        point=drawn.point,
        architecture=drawn.architecture.model_dump(mode="json"),
        scored_at=recording.scored_at or table_set.scored_at,
        code=recording.code,
    )
