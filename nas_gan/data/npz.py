"""The `.npz` layout that users write and the cache keeps."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nas_gan.data.arrays import Labels, SourceArrays
from nas_gan.data.pixels import Pixels
from nas_gan.errors import InputError

ARRAY_NAMES = ("images", "labels", "held_out_images", "held_out_labels", "class_names")


def write_npz(file: IO[bytes], arrays: SourceArrays) -> None:
    """Write `arrays` uncompressed: reading pixels back then costs about as much as copying them."""
    named = {name: getattr(arrays, name) for name in ARRAY_NAMES if name != "class_names"}
    held = {name: value for name, value in named.items() if value is not None}
    if arrays.class_names:
        held["class_names"] = np.array(arrays.class_names)
    np.savez(file, **held)


def load_npz(path: Path) -> SourceArrays:
    """Read an `.npz` of `images` and, each optional, the other names of `ARRAY_NAMES`.

    Images are uint8 `[N, H, W]`, `[N, H, W, C]` or `[N, C, H, W]` with 1 or 3 channels. Labels are integers:
    indices into `class_names` (strings) where those are given; otherwise each value that occurs is a class.
    Nothing is unpickled. Raises InputError for anything else.
    """
    named = _read_members(path)
    for name in named:
        if name not in ARRAY_NAMES:
            raise InputError(f"{path}: unexpected array '{name}', known are {', '.join(ARRAY_NAMES)}")
    if "images" not in named:
        raise InputError(f"{path}: has no array 'images' (uint8, N,H,W or N,H,W,C or N,C,H,W)")
    images = _as_images(named["images"], f"{path}: images")
    labels = _as_labels(named.get("labels"), images, f"{path}: labels")
    held_out_images, held_out_labels = None, None
    if "held_out_images" in named:
        held_out_images = _as_images(named["held_out_images"], f"{path}: held_out_images")
        held_out_labels = _as_labels(
            named.get("held_out_labels"), held_out_images, f"{path}: held_out_labels"
        )
        if (held_out_labels is None) != (labels is None):
            raise InputError(f"{path}: give labels and held_out_labels both, or neither")
    elif "held_out_labels" in named:
        raise InputError(f"{path}: held_out_labels without held_out_images: add the images")
    arrays = SourceArrays(images, labels, held_out_images, held_out_labels)
    return _name_classes(arrays, named.get("class_names"), path)


def _read_members(path: Path) -> Mapping[str, NDArray[Any]]:
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path}: isn't an .npz archive, or is cut short: write it with numpy.savez")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except MemoryError:
        raise InputError(
            f"{path}: says to hold more than the memory does: write it again with numpy.savez"
        ) from None
    except (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path}: can't be read as .npz ({error}): write it again with numpy.savez"
        ) from error


def _as_images(value: NDArray[Any], where: str) -> Pixels:
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8:
        raise InputError(
            f"{where} is {getattr(value, 'dtype', 'no array')}: store grey values 0 to 255 as uint8"
        )
    shape = value.shape
    if value.ndim == 3:
        value = value[:, np.newaxis]
    elif value.ndim == 4 and value.shape[1] not in (1, 3):
        value = value.transpose(0, 3, 1, 2)
    if value.ndim == 4 and value.shape[1] in (1, 3) and min(value.shape[2:]) > 0:
        return value
    raise InputError(f"{where} has shape {shape}: use N,H,W or N,H,W,C or N,C,H,W with 1 or 3 channels")


def _as_labels(value: NDArray[Any] | None, images: Pixels, where: str) -> Labels | None:
    if value is None:
        return None
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu" or value.ndim != 1:
        raise InputError(f"{where} must be one integer an image, shape ({len(images)},)")
    if len(value) != len(images):
        raise InputError(
            f"{where} has {len(value)} entries for {len(images)} images: give one label an image"
        )
    return value.astype(np.int64)


def _name_classes(arrays: SourceArrays, names: NDArray[Any] | None, path: Path) -> SourceArrays:
    if arrays.labels is None:
        if names is not None:
            raise InputError(f"{path}: class_names without labels: add the labels")
        return arrays
    if names is None:
        values = np.unique(arrays.labels)
        class_names = tuple(str(value) for value in values)
        labels, held_out_labels = (
            _index(part, values, path) for part in (arrays.labels, arrays.held_out_labels)
        )
        return SourceArrays(arrays.images, labels, arrays.held_out_images, held_out_labels, class_names)
    if not isinstance(names, np.ndarray) or names.dtype.kind != "U" or names.ndim != 1:
        raise InputError(f"{path}: class_names must be a one-dimensional array of strings")
    for labels in (arrays.labels, arrays.held_out_labels):
        if labels is not None and len(labels) and not 0 <= labels.min() <= labels.max() < len(names):
            raise InputError(
                f"{path}: labels go from {labels.min()} to {labels.max()} for {len(names)} class_names"
            )
    class_names = tuple(str(name) for name in names)
    for name in class_names:
        if not name or not name.isprintable() or class_names.count(name) > 1:
            raise InputError(
                f"{path}: class_names: {name!r} is empty, given twice or not printable; rename it"
            )
    return SourceArrays(
        arrays.images, arrays.labels, arrays.held_out_images, arrays.held_out_labels, class_names
    )


def _index(labels: Labels | None, values: Labels, path: Path) -> Labels | None:
    if labels is None:
        return None
    unknown = np.setdiff1d(labels, values)
    if len(unknown):
        raise InputError(
            f"{path}: held_out_labels has class {unknown[0]}, which labels doesn't have: remove it"
        )
    return np.searchsorted(values, labels).astype(np.int64)
