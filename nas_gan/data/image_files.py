"""Folders and zips of images."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from nas_gan.data.arrays import Labels, SourceArrays
from nas_gan.data.config import Announce
from nas_gan.data.decoded_cache import load_decoded
from nas_gan.data.decoding import decode_images
from nas_gan.data.layout import Split, read_layout
from nas_gan.data.listing import Listing, list_folder, list_zip
from nas_gan.errors import InputError

MOST_NAMED = 8


def load_folder(folder: Path, name: str, resolution: int | None, announce: Announce) -> SourceArrays:
    """Decode a folder laid out as `layout` says, or take it from the cache while no image has changed.

    Raises InputError for what `list_folder`, `read_layout` or `decode_images` refuse.
    """
    listing = list_folder(folder)
    stamp = [str(folder.resolve()), listing.folders, listing.stamp, resolution]
    return load_decoded(name, stamp, lambda: _decode_listing(listing, resolution, announce))


def load_zip(path: Path, name: str, resolution: int | None, announce: Announce) -> SourceArrays:
    """Load as `load_folder` does, from a zip of such a folder, read in place; cached while the zip is unchanged."""

    def decode() -> SourceArrays:
        with _open_zip(path) as archive:
            return _decode_listing(list_zip(path, archive), resolution, announce)

    status = path.stat()
    stamp = [str(path.resolve()), status.st_size, status.st_mtime_ns, resolution]
    return load_decoded(name, stamp, decode)


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path}: isn't a whole zip archive ({error}): copy or make it again") from error


def _decode_listing(listing: Listing, resolution: int | None, announce: Announce) -> SourceArrays:
    layout = read_layout(listing)
    train, held_out = layout.train, layout.held_out
    names = train.images + (held_out.images if held_out else ())
    announce(f"decoding {len(names):,} images of {listing.source}")
    if listing.left_out:
        others = ", ".join(f"{count:,} {kind}" for kind, count in list(listing.left_out.items())[:MOST_NAMED])
        more = ", …" if len(listing.left_out) > MOST_NAMED else ""
        announce(f"left out, as no images: {others}{more}")
    images = decode_images(listing.source, names, listing.read, resolution)
    count = len(train.images)
    return SourceArrays(
        images[:count],
        _label_indices(train, layout.class_names),
        images[count:] if held_out else None,
        _label_indices(held_out, layout.class_names) if held_out else None,
        layout.class_names,
    )


def _label_indices(split: Split, class_names: tuple[str, ...]) -> Labels | None:
    if split.classes is None:
        return None
    index = {name: position for position, name in enumerate(class_names)}
    return np.array([index[name] for name in split.classes], dtype=np.int64)
