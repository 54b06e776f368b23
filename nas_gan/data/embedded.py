"""The embedded default: 5,000 MNIST digits that come with this package, no download needed."""

from __future__ import annotations

from pathlib import Path

from nas_gan.data.arrays import SourceArrays
from nas_gan.data.npz import load_npz
from nas_gan.errors import InputError

DIGITS_FILE = Path(__file__).parent / "digits" / "mnist5k.npz"
"""Its source and licence are in the `README.md` beside it."""


def load_mnist5k() -> SourceArrays:
    """Return 5,000 grey 28×28 digits, 500 a class, all from MNIST's training set (LeCun et al. 1998).

    Raises InputError if the file is missing or damaged.
    """
    try:
        return load_npz(DIGITS_FILE)
    except InputError as error:
        raise InputError(f"{DIGITS_FILE}: missing or damaged: install the package nas-gan again") from error
