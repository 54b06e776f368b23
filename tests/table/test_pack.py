from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nas_gan.errors import InputError
from nas_gan.spec import compute_cost
from nas_gan.table import Row, load_table
from nas_gan.table.log import open_log, read_rows
from nas_gan.table.pack import pack, renew

MakeRow = Callable[..., Row]


def write(folder: Path, name: str, rows: list[Row]) -> None:
    with open_log(folder / f"{name}.jsonl") as log:
        for row in rows:
            log.add(row)


def test_rows_come_back_in_order_and_rounded(tmp_path: Path, make_row: MakeRow) -> None:
    rows = [
        make_row(2, (3.0, 2.0, 1.23456789)),
        make_row(0, (3.0,)),
        make_row(0, (3.0, 2.0, 1.0), seed=1),
        make_row(1, (math.inf, 2.0, 1.0)),
    ]
    write(tmp_path, "random-14", rows)
    (packed,) = pack(tmp_path, tmp_path / "packed")
    assert (packed.rows, packed.size) == (4, packed.path.stat().st_size)
    loaded = load_table(folder=tmp_path / "packed")
    assert [(row.index, row.seed) for row in loaded] == [(0, 0), (0, 1), (1, 0), (2, 0)]
    assert loaded[3].rungs[2].frechet_distance == 1.23457
    assert loaded[2].rungs[0].frechet_distance == math.inf
    for before, after in zip(sorted(rows, key=lambda row: (row.index, row.seed)), loaded, strict=True):
        exact = {"holes", "architecture", "recipe_hash", "cost", "outcome", "made"}
        assert after.model_dump(include=exact) == before.model_dump(include=exact)
        assert after.read_architecture() == before.read_architecture()


def test_an_architecture_that_cannot_be_read_any_more_follows_from_its_holes(make_row: MakeRow) -> None:
    row = draw_row(make_row)
    old = row.model_copy(update={"architecture": {**row.architecture, "given_up": 1}, "recipe_hash": ""})
    with pytest.raises(InputError, match="given_up"):
        old.read_architecture()
    assert renew(old) == row
    assert renew(row) is row


def test_holes_that_give_another_architecture_now_are_refused(make_row: MakeRow) -> None:
    row = draw_row(make_row)
    cost = replace(row.cost, generator_macs=1)
    old = row.model_copy(update={"architecture": {**row.architecture, "given_up": 1}, "cost": cost})
    with pytest.raises(InputError, match="random-14/0: this version can't read its architecture"):
        renew(old)


def draw_row(make_row: MakeRow) -> Row:
    """A row whose cost is that of its architecture."""
    row = make_row(0, (1.0,))
    return row.model_copy(update={"cost": compute_cost(row.read_architecture())})


def test_a_set_is_loaded_by_name(tmp_path: Path, make_row: MakeRow) -> None:
    write(tmp_path, "random-14", [make_row(0, (1.0,))])
    write(tmp_path, "random-28", [make_row(1, (1.0,), name="random-28")])
    pack(tmp_path, tmp_path)
    assert [row.index for row in load_table("random-28", folder=tmp_path)] == [1]
    with pytest.raises(InputError, match="has no set 'random'; use one of those there: random-14, random-28"):
        load_table("random", folder=tmp_path)


def test_nothing_recorded_is_nothing_to_pack(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no rows; record some"):
        pack(tmp_path, tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path, make_row: MakeRow) -> None:
    write(tmp_path, "random-14", [make_row(0, (1.0,))])
    (packed,) = pack(tmp_path, tmp_path)
    packed.path.write_bytes(packed.path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"random-14\.jsonl\.xz: can't be read"):
        load_table(folder=tmp_path)


def test_a_row_of_another_version_is_named(tmp_path: Path, make_row: MakeRow) -> None:
    row = json.loads(make_row(0, (1.0,)).to_line())
    del row["outcome"]
    (tmp_path / "random-14.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"random-14\.jsonl: line 1: not a row of this version: outcome"):
        read_rows(tmp_path / "random-14.jsonl")


def test_two_processes_do_not_add_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with (
        open_log(path),
        pytest.raises(InputError, match="another process is recording into this file"),
        open_log(path),
    ):
        pass


def test_a_torn_line_is_cut_off(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "rows.jsonl"
    with open_log(path) as log:
        log.add(make_row(0, (1.0,)))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:100])
    assert len(read_rows(path)) == 1
    with open_log(path) as log:
        log.add(make_row(1, (1.0,)))
    assert path.read_bytes().startswith(whole)
    assert [row.index for row in read_rows(path)] == [0, 1]
