"""Decoded sources, kept as `.npz` so that an image is decoded once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial

from nas_gan.data.arrays import SourceArrays
from nas_gan.data.cache import cache_folder, write_cache_file
from nas_gan.data.npz import load_npz, write_npz
from nas_gan.errors import InputError

# Part of every key: raise it when pixels come out differently, so that no old file is taken for a new one.
DECODER_VERSION = 1

Stamp = Sequence[object]


def load_decoded(name: str, stamp: Stamp, decode: Callable[[], SourceArrays]) -> SourceArrays:
    """Return what `decode` gives, from the cache where it was kept under the same `stamp` before.

    stamp: JSON-able; all that the pixels depend on: paths, sizes, times of change, resolution.
    A missing, unreadable or broken file is decoded again and replaced.
    """
    key = hashlib.sha256(json.dumps([DECODER_VERSION, stamp]).encode()).hexdigest()
    path = cache_folder() / "decoded" / f"{name}-{key[:16]}.npz"
    try:
        return load_npz(path)
    except InputError:
        arrays = decode()
        write_cache_file(path, partial(write_npz, arrays=arrays))
        return arrays
