"""A folder behind a URL, on any file system that fsspec knows: files get there whole or not at all."""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path
from typing import Any, TypeVar, final

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractFileSystem

from nas_gan.errors import InputError
from nas_gan.files import is_beside, name_beside
from nas_gan.store.address import masked_url

Value = TypeVar("Value")


@final
class RemoteTrouble(Exception):  # noqa: N818 - a passing trouble, to be waited out
    """A remote file system doesn't do what it was asked; it may later."""


@final
@dataclass(frozen=True)
class RemoteFolder:
    """The folder of a URL. Names are relative to it, with slashes.

    All methods raise RemoteTrouble, but for those that ask the file system nothing: `within`, `address`, and the
    properties.
    """

    url: str
    system: Any
    root: str

    @property
    def local(self) -> Path | None:
        """The folder itself, if it is of this machine."""
        return Path(self.root) if isinstance(self.system, LocalFileSystem) else None

    @property
    def can_move(self) -> bool:
        """Whether the file system can move a folder, or a file, in one step."""
        return type(self.system).mv is not AbstractFileSystem.mv

    def address(self, name: str) -> str:
        """Return what a file is called in print."""
        return f"{self.url.rstrip('/')}/{name}"

    def within(self, name: str) -> RemoteFolder:
        """Return a folder in this one."""
        return RemoteFolder(self.address(name), self.system, posixpath.join(self.root, name))

    def names(self) -> dict[str, int]:
        """Return the files here and below, with their sizes in bytes; those that are still being written aren't among
        them.
        """
        everything = self.everything()
        return {
            name: size for name, size in everything.items() if not posixpath.basename(name).startswith(".")
        }

    def half_written(self) -> list[str]:
        """Return the files here and below that are still being written, or whose writers have been killed."""
        return [name for name in self.everything() if is_beside(posixpath.basename(name))]

    def everything(self) -> dict[str, int]:
        """Return all files here and below, whole or not, with their sizes in bytes."""

        def find() -> dict[str, int]:
            self.system.invalidate_cache()
            if not self.system.exists(self.root):
                return {}
            found = self.system.find(self.root, detail=True)
            return {posixpath.relpath(path, self.root): int(facts["size"]) for path, facts in found.items()}

        return self._try("can't be listed", find)

    def folders(self) -> list[str]:
        """Return the names of the folders in this one."""

        def find() -> list[str]:
            self.system.invalidate_cache()
            found = self.system.ls(self.root, detail=True) if self.system.exists(self.root) else []
            return sorted(
                posixpath.basename(facts["name"].rstrip("/"))
                for facts in found
                if facts["type"] == "directory"
            )

        return self._try("can't be listed", find)

    def exists(self, name: str) -> bool:
        """Say whether there is a file or a folder of this name."""

        def look() -> bool:
            self.system.invalidate_cache()
            return bool(self.system.exists(self._place(name)))

        return self._try(f"can't say whether it has {name}", look)

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """Return the bytes of a file, or those from `start` up to `end`."""
        return self._try(
            f"can't give {name}", lambda: bytes(self.system.cat_file(self._place(name), start=start, end=end))
        )

    def put(self, path: Path, name: str) -> None:
        """Upload a file, then look whether all of it is there.

        Written beside and moved where the file system can move; where it can't, as in object stores, an upload is
        seen when it is complete.
        """
        size, place = path.stat().st_size, self._place(name)
        folder, _, last = place.rpartition("/")
        beside = posixpath.join(folder, name_beside(last)) if self.can_move else place

        def upload() -> None:
            if self.can_move:
                self.system.makedirs(folder, exist_ok=True)
            self.system.put_file(str(path), beside)
            there = int(self.system.info(beside)["size"])
            if there != size:
                raise OSError(f"{there:,} of {size:,} bytes arrived")
            if self.can_move:
                self.system.mv(beside, place)

        self._try(f"can't take {name}", upload)

    def get(self, name: str, path: Path, size: int) -> None:
        """Download a file of `size` bytes, which then appears at `path` as a whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(name_beside(path.name))
        try:
            self._try(
                f"can't give {name}",
                lambda: self.system.get_file(self._place(name), str(beside)),
            )
            if beside.stat().st_size != size:
                raise RemoteTrouble(f"{self.url} gave only a part of {name}")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def move(self, name: str, place: str) -> None:
        """Move a file, or, where it `can_move`, a folder, to a place where nothing is yet.

        Where it can't, a file is copied there before it goes.
        """
        start, end = self._place(name), self._place(place)

        def move() -> None:
            if self.can_move:
                self.system.makedirs(posixpath.dirname(end), exist_ok=True)
                self.system.mv(start, end)
            else:
                self.system.cp_file(start, end)
                self.system.rm_file(start)

        self._try(f"can't move {name} to {place}", move)

    def clear(self) -> None:
        """Remove the folder with all that is in it."""

        def clear() -> None:
            self.system.invalidate_cache()
            if not self.system.isdir(self.root):
                return
            if self.local is None and has_magic(self.root):
                # fsspec would take the name for a pattern, which fits other folders.
                for path in self.system.find(self.root):
                    self.system.rm_file(path)
            else:
                self.system.rm(self.root, recursive=True)

        self._try("can't be removed", clear)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        place = self._place(name)

        def remove() -> None:
            if self.system.exists(place):
                self.system.rm_file(place)

        self._try(f"can't remove {name}", remove)

    def _place(self, name: str) -> str:
        return posixpath.join(self.root, name)

    def _try(self, what: str, attempt: Callable[[], Value]) -> Value:
        try:
            return attempt()
        except Exception as error:
            # Each file system has exceptions of its own, and none says which of them pass.
            said = " ".join(str(error).split())[:160] or type(error).__name__
            raise RemoteTrouble(f"{self.url} {what} ({said})") from error


def is_url(out: str) -> bool:
    """Say whether a place for runs is a URL rather than a path."""
    return "://" in out


def open_remote(url: str) -> RemoteFolder:
    """Return the folder of a URL, which need not exist yet; raises InputError if there is no way to it from here."""
    shown = masked_url(url)
    if shown != url or "@" in url.partition("://")[2].partition("/")[0]:
        raise InputError(
            f"{shown}: would be stored with the study, name and password too; give them by the environment "
            "or in fsspec's settings, ~/.config/fsspec",
            setting="out",
        )
    try:
        system, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise InputError(
            f"{url}: needs another package ({error}): pip install it on every machine", setting="out"
        ) from None
    except Exception as error:
        said = " ".join(str(error).split())
        raise InputError(
            f"{url}: can't be used ({said}); give a folder, or a URL such as s3://BUCKET/runs", setting="out"
        ) from None
    return RemoteFolder(url, system, str(root).rstrip("/"))


def check_remote(remote: RemoteFolder, scratch: Path) -> None:
    """Raise InputError unless files can be put, got and removed."""
    probe = scratch / f"probe-{uuid.uuid4().hex}"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        probe.write_text("Can files be kept here?", encoding="utf-8")
        remote.put(probe, probe.name)
        remote.get(probe.name, probe, probe.stat().st_size)
        remote.remove(probe.name)
    except RemoteTrouble as trouble:
        raise InputError(
            f"{trouble}; check that it is there and that you may write to it", setting="out"
        ) from None
    except OSError as error:
        raise InputError(
            f"{scratch}: can't be written ({error.strerror}); set NAS_GAN_CACHE to another folder"
        ) from None
    finally:
        with suppress(OSError):
            probe.unlink()
