"""What folder names mean: which are splits, which are classes, and which are only wrapping.

Three layouts are recognised, in a folder and in a zip alike, below any number of wrapping folders that hold nothing
else: `<class>/…`, images with no folder around them (unlabelled), and `train/…` beside `test/…` (or another of
`HELD_OUT_NAMES`) with either of the former in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from nas_gan.data.listing import Listing
from nas_gan.errors import InputError

TRAIN_NAMES = ("train", "training")
# The first of these that is there is the held-out split; a further one is left unused, for nothing trains on it.
HELD_OUT_NAMES = ("held_out", "test", "val", "valid", "validation")


@final
@dataclass(frozen=True)
class Split:
    """Relative names of a split's images, and the class name of each, or None when unlabelled."""

    images: tuple[str, ...]
    classes: tuple[str, ...] | None


@final
@dataclass(frozen=True)
class Layout:
    """A source's splits; `held_out` is None where the source has none. Class names ascend; () when unlabelled."""

    train: Split
    held_out: Split | None
    class_names: tuple[str, ...]


def read_layout(listing: Listing) -> Layout:
    """Work out splits and classes; raises InputError if there are no images or the folders contradict each other."""
    if not listing.images:
        raise InputError(f"{listing.source}: holds no images (png, jpg, bmp, webp, gif, tif)")
    wrapping = _wrapping_folders(listing)
    tops = {_below(name, wrapping).split("/", maxsplit=1)[0] for name in listing.images + listing.folders} - {""}
    by_lower = {top.lower(): top for top in sorted(tops)}
    train_name = next((by_lower[name] for name in TRAIN_NAMES if name in by_lower), None)
    held_out_name = next((by_lower[name] for name in HELD_OUT_NAMES if name in by_lower), None)
    if train_name is None or held_out_name is None or not by_lower.keys() <= {*TRAIN_NAMES, *HELD_OUT_NAMES}:
        train = _read_split(listing, wrapping)
        return Layout(train, None, tuple(sorted(set(train.classes or ()))))
    train = _read_split(listing, f"{wrapping}{train_name}/")
    held_out = _read_split(listing, f"{wrapping}{held_out_name}/")
    class_names = tuple(sorted(set(train.classes or ())))
    unknown = sorted({*(held_out.classes or ())} - {*class_names})
    if (train.classes is None) != (held_out.classes is None) or unknown:
        what = f"'{unknown[0]}' only in {held_out_name}" if unknown else f"in {train_name} only"
        raise InputError(f"{listing.source}: there is a class folder {what}: give both splits the same class folders")
    return Layout(train, held_out, class_names)


def _wrapping_folders(listing: Listing) -> str:
    """Return the longest prefix, ending in `/` or empty, that every image and every other folder lies under."""
    prefix = ""
    while True:
        names = [_below(name, prefix) for name in listing.images + listing.folders if not prefix.startswith(f"{name}/")]
        first, slash, _ = names[0].partition("/")
        if not slash or any(name != first and not name.startswith(f"{first}/") for name in names):
            return prefix
        prefix += f"{first}/"


def _read_split(listing: Listing, prefix: str) -> Split:
    names = tuple(name for name in listing.images if name.startswith(prefix))
    where = f"{listing.source}/{prefix}".rstrip("/")
    folders = {_below(name, prefix).split("/", maxsplit=1)[0] for name in listing.folders if name.startswith(prefix)}
    folders -= {""}
    tops = [_below(name, prefix).partition("/") for name in names]
    loose = [top for top, slash, _ in tops if not slash]
    if not names:
        raise InputError(f"{where}: holds no images: add some, or remove the folder")
    if loose and len(loose) < len(names):
        raise InputError(f"{where}: {loose[0]} lies beside folders of images: move it into one, or remove it")
    classes = None if loose else tuple(top for top, _, _ in tops)
    empty = sorted(folders - {*(classes or ())})
    if empty:
        raise InputError(f"{where}/{empty[0]}: holds no images: add some, or remove the folder")
    return Split(names, classes)


def _below(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if name.startswith(prefix) else ""


def label_indices(classes: Sequence[str], class_names: Sequence[str]) -> list[int]:
    """Return the index in `class_names` of each of `classes`."""
    index = {name: position for position, name in enumerate(class_names)}
    return [index[name] for name in classes]
