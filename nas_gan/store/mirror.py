"""A run's folder on this machine, and its likeness at the study's URL, from which any machine can go on."""

from __future__ import annotations

import contextlib
import hashlib
import posixpath
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import final

from nas_gan.data import cache_folder
from nas_gan.errors import InputError
from nas_gan.files import is_beside
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble, is_url, open_remote

Stamp = tuple[int, int]


@final
class Mirror:
    """Keeps the files of a folder at a URL too; without one, it does nothing.

    What this process has put or got is remembered by size and time, so that only what is new or has changed travels,
    and only files of its own are removed there. Both ways raise `RemoteTrouble`, after which the next call does what
    is left.
    """

    def __init__(self, folder: Path, remote: RemoteFolder | None) -> None:
        self._folder = folder
        self._remote = remote
        self._same: dict[str, Stamp] = {}

    @property
    def has_news(self) -> bool:
        """Whether there is something to push."""
        return self._remote is not None and any(
            self._same.get(name) != _stamp(path) for name, path in self._here().items()
        )

    @property
    def is_remote(self) -> bool:
        """Whether there is a URL."""
        return self._remote is not None

    def push(self, check: Callable[[], None] = lambda: None) -> None:
        """Put there what is new here or has changed, then remove there what is gone here.

        `check` is called before each file, and raises where the rest isn't to be touched.
        """
        if self._remote is None:
            return
        here = self._here()
        for name in sorted(here, key=_place_in_line):
            stamp = _stamp(here[name])
            if self._same.get(name) != stamp:
                check()
                self._remote.put(here[name], name)
                self._same[name] = stamp
        for name in sorted(self._same.keys() - here.keys()):
            check()
            self._remote.remove(name)
            del self._same[name]

    def pull(self, *, with_checkpoints: bool = True) -> None:
        """Get all that is there, checkpoints first. What is only here stays."""
        if self._remote is None:
            return
        there = self._remote.names()
        if not with_checkpoints:
            there = {name: size for name, size in there.items() if not _is_checkpoint(name)}
        for name in sorted(there, key=_place_in_line):
            path = self._folder / name
            if name in self._same and path.exists() and self._same[name] == _stamp(path):
                continue
            self._remote.get(name, path, there[name])
            self._same[name] = _stamp(path)

    def _here(self) -> dict[str, Path]:
        return {path.relative_to(self._folder).as_posix(): path for path in _files(self._folder)}


def clear_up_remote(remote: RemoteFolder) -> None:
    """Remove what nobody needs of a run that has ended for good: checkpoints, and what is half written."""
    for name in remote.everything():
        if _is_checkpoint(name) or is_beside(posixpath.basename(name)):
            remote.remove(name)


def local_folder(out: str) -> Path:
    """Say where runs are written on this machine: `out` itself, or the scratch folder of a URL."""
    if not is_url(out):
        return Path(out)
    return cache_folder() / "runs" / _name_of(out)


def fetch_run(out: str, study: str, number: int) -> Path:
    """Get the files of a trial's run from the study's URL into the cache, and return their folder.

    They don't go where a worker of this machine may be writing. Raises InputError if they can't be had.
    """
    folder = _fetched_folder(out) / study / str(number)
    try:
        Mirror(folder, open_remote(out).within(f"{study}/{number}")).pull(with_checkpoints=False)
    except RemoteTrouble as trouble:
        raise InputError(f"trial {number} of study {study!r}: {trouble}") from None
    except OSError as error:
        raise InputError(f"{folder}: can't be written ({error.strerror}); set NAS_GAN_CACHE") from None
    return folder


def forget_runs(out: str, study: str) -> None:
    """Remove what this machine has of a study's runs that are at a URL: the scratch folder, and what was fetched."""
    for folder in (local_folder(out), _fetched_folder(out)):
        shutil.rmtree(folder / study, ignore_errors=True)


def rename_runs(out: str, study: str, name: str) -> None:
    """Rename what this machine has of a study's runs that are at a URL."""
    for folder in (local_folder(out), _fetched_folder(out)):
        with contextlib.suppress(OSError):
            (folder / study).rename(folder / name)


def _fetched_folder(out: str) -> Path:
    return cache_folder() / "fetched" / _name_of(out)


def _name_of(url: str) -> str:
    """Return a folder's name that says which URL it is, and that no other URL has."""
    name = "".join(sign if sign.isalnum() else "-" for sign in url.partition("://")[2])[-40:].strip("-")
    return f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def _files(folder: Path) -> list[Path]:
    """Return files of a run; a name with a dot in front is of one that is being written."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if not path.name.startswith(".")]


def _is_checkpoint(name: str) -> bool:
    return name.rpartition("/")[2].startswith("checkpoint-")


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _place_in_line(name: str) -> tuple[bool, bool, str]:
    """Return a file's place in line: checkpoints first; JSON, which speaks for other files, after those."""
    return not _is_checkpoint(name), name.endswith(".json"), name
