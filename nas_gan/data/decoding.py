"""Many image files to one array."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import final

import numpy as np
from PIL import Image, UnidentifiedImageError

from nas_gan.data.config import check_resolution
from nas_gan.data.pixels import Pixels, decode_image
from nas_gan.errors import InputError

# Threads pay once Pillow spends longer in its codecs than Python spends around them. Measured on two cores:
# 32x32 images (1 to 2 KB) take 76 µs in a loop and 100 µs in two threads; 178x218 (11 KB) take 405 µs and 221
# µs.
THREADED_FROM_BYTES = 4096
CHUNK = 64


def decode_images(
    source: str,
    names: Sequence[str],
    read: Callable[[str], bytes],
    resolution: int | None,
    crop: int | None = None,
) -> Pixels:
    """Decode the named images to uint8 `[count, 1 or 3, side, side]`, grey only if every one of them is grey.

    Each is treated as `decode_image` says. Raises InputError naming the first image that can't be read or
    decoded, or whose square has another side than the first one's where no `resolution` is given.
    """

    def decode_chunk(chunk: Sequence[str]) -> list[Pixels]:
        return [_decode_named(source, name, read, resolution, crop) for name in chunk]

    Image.init()  # loading Pillow's plug-ins isn't thread-safe
    gathered = _Gathered(source, len(names))
    with warnings.catch_warnings():
        # Of a photograph of 100 million pixels; twice that is an error.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        for name, pixels in zip(
            names, _map_chunks(decode_chunk, names, _choose_threads(names, read)), strict=True
        ):
            gathered.add(name, pixels)
    return gathered.images


@final
class _Gathered:
    """The array being filled: sized by the first image, and turned from grey to RGB by the first RGB one."""

    def __init__(self, source: str, count: int) -> None:
        self._source = source
        self._count = count
        self._filled = 0
        self.images: Pixels = np.empty((0, 1, 0, 0), np.uint8)

    def add(self, name: str, pixels: Pixels) -> None:
        channels, side, _ = pixels.shape
        if not self._filled:
            check_resolution(side, f"{self._source}/{name}")
            self.images = np.empty((self._count, channels, side, side), np.uint8)
        expected = self.images.shape[2]
        if side != expected:
            raise InputError(
                f"{self._source}/{name}: its centre square is {side} pixels wide, the ones before it are "
                f"{expected}: give a resolution of {min(side, expected)} or another to resize them all"
            )
        if channels > self.images.shape[1]:
            self.images = np.repeat(self.images, channels, axis=1)
        self.images[self._filled] = pixels
        self._filled += 1


def _decode_named(
    source: str, name: str, read: Callable[[str], bytes], resolution: int | None, crop: int | None
) -> Pixels:
    where = f"{source}/{name}"
    try:
        content = read(name)
    except InputError:
        raise
    except Exception as error:  # a zip raises nearly anything on broken bytes
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{where}: can't be read ({reason}): repair or remove it") from error
    try:
        return decode_image(content, resolution, crop)
    except UnidentifiedImageError as error:
        raise InputError(f"{where}: isn't an image (PNG, JPEG, BMP, WebP, GIF, TIFF): remove it") from error
    except Exception as error:  # and so do image codecs
        raise InputError(f"{where}: can't be decoded ({error}): repair or remove it") from error


def _choose_threads(names: Sequence[str], read: Callable[[str], bytes]) -> int:
    try:
        sizes = [len(read(name)) for name in names[:16]]
    except Exception:  # reported, with its name, when its turn comes
        return 1
    return min(8, os.cpu_count() or 1) if sum(sizes) >= THREADED_FROM_BYTES * len(sizes) else 1


def _map_chunks(
    decode_chunk: Callable[[Sequence[str]], list[Pixels]], names: Sequence[str], threads: int
) -> Iterator[Pixels]:
    """Yield what `decode_chunk` gives for all names, in their order, a few chunks ahead of the reader."""
    chunks = (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))
    if threads == 1:
        for chunk in chunks:
            yield from decode_chunk(chunk)
        return
    with ThreadPoolExecutor(threads) as pool:
        while batch := list(islice(chunks, 16 * threads)):
            for decoded in pool.map(decode_chunk, batch):
                yield from decoded
