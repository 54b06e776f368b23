"""A folder behind a URL, on any file system that fsspec knows: files get there whole or not at all."""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, final

import fsspec
from fsspec.spec import AbstractFileSystem

from nas_gan.errors import InputError
from nas_gan.study.storage.address import masked_url

Value = TypeVar("Value")


@final
class RemoteTrouble(Exception):  # noqa: N818 - a passing trouble, to be waited out
    """A remote file system doesn't do what it was asked; it may later."""


@final
@dataclass(frozen=True)
class RemoteFolder:
    """The folder of a URL. Names are relative to it, with slashes. All methods but `within` raise RemoteTrouble."""

    url: str
    system: Any
    root: str

    def within(self, name: str) -> RemoteFolder:
        """A folder in this one."""
        return RemoteFolder(f"{self.url.rstrip('/')}/{name}", self.system, posixpath.join(self.root, name))

    def names(self) -> dict[str, int]:
        """The files here and below, with their sizes in bytes; those that are still being written aren't among them."""

        def find() -> dict[str, int]:
            self.system.invalidate_cache()
            if not self.system.exists(self.root):
                return {}
            found = self.system.find(self.root, detail=True)
            return {posixpath.relpath(path, self.root): int(facts["size"]) for path, facts in found.items()}

        listed = self._try("can't be listed", find)
        return {name: size for name, size in listed.items() if not posixpath.basename(name).startswith(".")}

    def put(self, path: Path, name: str) -> None:
        """Uploads a file, then looks whether all of it is there.

        Written beside and moved where the file system can move; where it can't, as in object stores, an upload is
        seen when it is complete.
        """
        size, place = path.stat().st_size, posixpath.join(self.root, name)
        folder, _, last = place.rpartition("/")
        moves = type(self.system).mv is not AbstractFileSystem.mv
        beside = posixpath.join(folder, f".{last}.{uuid.uuid4().hex[:8]}") if moves else place

        def upload() -> None:
            if moves:
                self.system.makedirs(folder, exist_ok=True)
            self.system.put_file(str(path), beside)
            there = int(self.system.info(beside)["size"])
            if there != size:
                raise OSError(f"{there:,} of {size:,} bytes arrived")
            if moves:
                self.system.mv(beside, place)

        self._try(f"can't take {name}", upload)

    def get(self, name: str, path: Path, size: int) -> None:
        """Downloads a file of `size` bytes, which then appears at `path` as a whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        try:
            self._try(
                f"can't give {name}",
                lambda: self.system.get_file(posixpath.join(self.root, name), str(beside)),
            )
            if beside.stat().st_size != size:
                raise RemoteTrouble(f"{self.url} gave only a part of {name}")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Removes a file, if it is there."""
        place = posixpath.join(self.root, name)

        def remove() -> None:
            if self.system.exists(place):
                self.system.rm_file(place)

        self._try(f"can't remove {name}", remove)

    def _try(self, what: str, attempt: Callable[[], Value]) -> Value:
        try:
            return attempt()
        except Exception as error:
            # Each file system has exceptions of its own, and none says which of them pass.
            said = " ".join(str(error).split())[:160] or type(error).__name__
            raise RemoteTrouble(f"{self.url} {what} ({said})") from error


def is_url(out: str) -> bool:
    """Whether `--out` is a URL rather than a path."""
    return "://" in out


def open_remote(url: str) -> RemoteFolder:
    """The folder of a URL, which need not exist yet; raises InputError if there is no way to it from here."""
    shown = masked_url(url)
    if shown != url or "@" in url.partition("://")[2].partition("/")[0]:
        raise InputError(
            f"--out {shown}: would be stored with the study, name and password too; give them by the environment "
            "or in fsspec's settings, ~/.config/fsspec"
        )
    try:
        system, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise InputError(
            f"--out {url}: needs another package ({error}): pip install it on every machine"
        ) from None
    except Exception as error:
        said = " ".join(str(error).split())
        raise InputError(
            f"--out {url}: can't be used ({said}); give a folder, or a URL such as s3://BUCKET/runs"
        ) from None
    return RemoteFolder(url, system, str(root).rstrip("/"))


def check_remote(remote: RemoteFolder, scratch: Path) -> None:
    """Raises InputError unless files can be put, got and removed."""
    probe = scratch / f"probe-{uuid.uuid4().hex}"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        probe.write_text("Can files be kept here?", encoding="utf-8")
        remote.put(probe, probe.name)
        remote.get(probe.name, probe, probe.stat().st_size)
        remote.remove(probe.name)
    except RemoteTrouble as trouble:
        raise InputError(f"--out {trouble}; check that it is there and that you may write to it") from None
    except OSError as error:
        raise InputError(
            f"{scratch}: can't be written ({error.strerror}); set NAS_GAN_CACHE to another folder"
        ) from None
    finally:
        probe.unlink(missing_ok=True)
