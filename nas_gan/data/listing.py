"""The images of a folder or a zip: their relative names, and a way to read each; nothing is decoded here."""

from __future__ import annotations

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from nas_gan.errors import InputError

LARGEST_IMAGE_BYTES = 256 * 2**20
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
    read: the bytes of one image by name; may be called from several threads. Raises InputError for a file too
        large to be one.
    left_out: how many files have another suffix, or are no files, by what they are.
    """

    source: str
    images: tuple[str, ...]
    folders: tuple[str, ...]
    stamp: tuple[tuple[str, int, int], ...]
    read: Callable[[str], bytes]
    left_out: Mapping[str, int]


def list_folder(folder: Path) -> Listing:
    """List a folder's images at any depth; links are followed, and a link back to a parent is left out.

    Raises InputError naming the file or folder that can't be read.
    """
    files: list[tuple[str, int, int]] = []
    folders: list[str] = []
    others: list[str] = []
    try:
        for name, status in _walk(folder, "", frozenset()):
            if stat.S_ISDIR(status.st_mode):
                folders.append(name)
            elif not _is_image(name):
                others.append(_kind(name))
            elif not stat.S_ISREG(status.st_mode):
                others.append("pipe or device")
            else:
                files.append((name, status.st_size, status.st_mtime_ns))
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: can't be read ({error.strerror}): repair or remove it"
        ) from error
    stamp = tuple(sorted(files))
    names = tuple(name for name, _, _ in stamp)
    sizes = {name: size for name, size, _ in stamp}

    def read(name: str) -> bytes:
        _check_size(f"{folder}/{name}", sizes[name])
        return (folder / name).read_bytes()

    return Listing(str(folder), names, tuple(sorted(folders)), stamp, read, _counted(others))


def list_zip(path: Path, archive: zipfile.ZipFile) -> Listing:
    """List an open zip's images as `list_folder` lists the folder it was made from."""
    members = {_slashed(member.filename): member for member in archive.infolist()}
    seen = [name for name in members if not any(map(_is_ignored, name.split("/")))]
    images = tuple(sorted(name for name in seen if _is_image(name)))
    folders = tuple(sorted({name.rpartition("/")[0] for name in seen} - {""}))
    others = [_kind(name) for name in seen if not _is_image(name) and not name.endswith("/")]

    def read(name: str) -> bytes:
        _check_size(f"{path}/{name}", members[name].file_size)
        return archive.read(members[name])

    return Listing(str(path), images, folders, (), read, _counted(others))


def _walk(
    folder: Path, prefix: str, above: frozenset[tuple[int, int]]
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each file and folder with its status."""
    own = folder.stat()
    identity = (own.st_dev, own.st_ino)
    if identity in above:
        return
    if prefix:
        yield prefix.rstrip("/"), own
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            if _is_ignored(entry.name):
                continue
            if entry.is_dir():
                yield from _walk(folder / entry.name, f"{name}/", above | {identity})
            else:
                yield name, entry.stat(follow_symlinks=_is_image(entry.name))


def _is_ignored(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _slashed(name: str) -> str:
    """Write a member's name with single slashes between its parts, as a folder's files have them."""
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    return "/".join(parts) + ("/" if name.endswith(("/", "\\")) else "")


def _check_size(where: str, size: int) -> None:
    if size > LARGEST_IMAGE_BYTES:
        raise InputError(f"{where}: is {size / 2**20:,.0f} MiB, too large for an image; remove it")


def _kind(name: str) -> str:
    """Return what a file is called that is no image: its suffix, or its name."""
    return Path(name).suffix.lower() or Path(name).name


def _counted(kinds: Iterable[str]) -> Mapping[str, int]:
    return dict(sorted(Counter(kinds).items()))


def _is_image(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES)
