"""The images of a folder or a zip: their relative names, and a way to read each; nothing is decoded here."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from nas_gan.errors import InputError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff")


@final
@dataclass(frozen=True, eq=False)
class Listing:
    """Where images are in a source, with `/` between the parts of each relative name, in ascending order.

    source: the folder's or zip's path.
    images: names of the image files, told by their suffix.
    folders: names of folders, those without images too; a parent may be left out.
        Hidden ones and `__MACOSX` are left out throughout.
    stamp: name, size and time of change of each image of a folder; empty for a zip, which has its own.
    read: the bytes of one image by name; may be called from several threads.
    """

    source: str
    images: tuple[str, ...]
    folders: tuple[str, ...]
    stamp: tuple[tuple[str, int, int], ...]
    read: Callable[[str], bytes]


def list_folder(folder: Path) -> Listing:
    """List a folder's images at any depth; links are followed, and a link back to a parent is left out.

    Raises InputError naming the file or folder that can't be read.
    """
    files: list[tuple[str, int, int]] = []
    folders: list[str] = []
    try:
        for name, status in _walk(folder, "", frozenset()):
            if status is None:
                folders.append(name)
            else:
                files.append((name, status.st_size, status.st_mtime_ns))
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: can't be read ({error.strerror}): repair or remove it"
        ) from error
    stamp = tuple(sorted(files))
    names = tuple(name for name, _, _ in stamp)
    return Listing(
        str(folder), names, tuple(sorted(folders)), stamp, lambda name: (folder / name).read_bytes()
    )


def list_zip(path: Path, archive: zipfile.ZipFile) -> Listing:
    """List an open zip's images as `list_folder` lists the folder it was made from."""
    members = {member.filename.replace("\\", "/"): member for member in archive.infolist()}
    seen = [name for name in members if not any(map(_is_ignored, name.split("/")))]
    images = tuple(sorted(name for name in seen if _is_image(name)))
    folders = tuple(sorted({name.rpartition("/")[0] for name in seen} - {""}))
    return Listing(str(path), images, folders, (), lambda name: archive.read(members[name]))


def _walk(
    folder: Path, prefix: str, above: frozenset[tuple[int, int]]
) -> Iterator[tuple[str, os.stat_result | None]]:
    """Yield each image with its status, and each folder with None."""
    own = folder.stat()
    identity = (own.st_dev, own.st_ino)
    if identity in above:
        return
    if prefix:
        yield prefix.rstrip("/"), None
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            if _is_ignored(entry.name):
                continue
            if entry.is_dir():
                yield from _walk(folder / entry.name, f"{name}/", above | {identity})
            elif _is_image(entry.name):
                yield name, entry.stat()


def _is_ignored(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _is_image(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES)
