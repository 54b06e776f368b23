"""The table as it lies in the repository: a compressed file of rows a set, numbers rounded to six digits."""

from __future__ import annotations

import json
import lzma
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, final

from nas_gan.errors import InputError
from nas_gan.files import write_whole
from nas_gan.space import load_space
from nas_gan.spec import Image, compute_cost, recipe_hash
from nas_gan.table.log import parse_row, read_rows
from nas_gan.table.points import fill_known
from nas_gan.table.row import Row
from nas_gan.table.sets import SETS

SUFFIX = ".jsonl.xz"
DIGITS = 6


def _table_folder() -> Path:
    """Return `studies/tables` of an installed package, or else of the checkout around it."""
    package = Path(__file__).parents[1]
    installed = package / "bundled" / "tables"
    return installed if installed.is_dir() else package.parent / "studies" / "tables"


TABLES = _table_folder()


@final
class Packed(NamedTuple):
    """A file that was written: its rows, and its size in bytes."""

    path: Path
    rows: int
    size: int


def pack(folder: Path, out: Path) -> list[Packed]:
    """Write the recorded rows of each set, renewed, into a file of its own, in the order of index and seed.

    Raises InputError where `folder` has no rows at all.
    """
    found = {name: read_rows(folder / f"{name}.jsonl") for name in SETS}
    if not any(found.values()):
        raise InputError(f"{folder}: holds no rows; record some, or give the folder that they are in")
    out.mkdir(parents=True, exist_ok=True)
    return [_write(out / f"{name}{SUFFIX}", rows) for name, rows in found.items() if rows]


def load_table(*names: str, folder: Path | None = None) -> tuple[Row, ...]:
    """Return the rows of sets by name, of all where none is named: of the table that comes with the package, or of
    `folder`.

    Raises InputError for a set that isn't there, or can't be read.
    """
    folder = folder or TABLES
    present = sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    rows: list[Row] = []
    for name in names or present:
        if name not in present:
            listed = ", ".join(present) or "none"
            raise InputError(f"{folder}: has no set {name!r}; use one of those there: {listed}")
        rows += _read(folder / f"{name}{SUFFIX}")
    return tuple(rows)


def renew(row: Row) -> Row:
    """Return a row whose architecture this version can read: where its own can't be, what its holes give in the space
    now.

    Raises InputError where that is another architecture, by its holes or its cost.
    """
    try:
        row.read_architecture()
    except InputError:
        image = Image(**row.architecture["image"])
        made = fill_known(load_space(row.space), image, row.holes, random.Random(0))
        if made.holes != row.holes or compute_cost(made.architecture) != row.cost:
            raise InputError(
                f"{row.set}/{row.index}: this version can't read its architecture, and {row.space} has another one "
                "at its holes; use the version that recorded it"
            ) from None
        tree = made.architecture.model_dump(mode="json")
        return row.model_copy(update={"architecture": tree, "recipe_hash": recipe_hash(made.architecture)})
    return row


def _write(path: Path, rows: Sequence[Row]) -> Packed:
    ordered = sorted(map(renew, rows), key=lambda row: (row.index, row.seed))
    lines = [json.dumps(_rounded(json.loads(row.to_line())), separators=(",", ":")) for row in ordered]
    content = lzma.compress(("\n".join(lines) + "\n").encode(), preset=9 | lzma.PRESET_EXTREME)
    write_whole(path, content)
    return Packed(path, len(rows), len(content))


def _read(path: Path) -> list[Row]:
    try:
        text = lzma.decompress(path.read_bytes()).decode()
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: can't be read ({error}); fetch the file again, or pack the rows anew"
        ) from None
    return [parse_row(line, f"{path}: line {number}") for number, line in enumerate(text.splitlines(), 1)]


def _rounded(value: Any) -> Any:
    """Return measured numbers with fewer digits. Holes and specs keep theirs, since architectures follow from them."""
    match value:
        case float():
            return float(f"{value:.{DIGITS}g}")
        case list():
            return [_rounded(item) for item in value]
        case dict():
            exact = {"holes", "point", "architecture", "made"}
            return {key: item if key in exact else _rounded(item) for key, item in value.items()}
        case _:
            return value
