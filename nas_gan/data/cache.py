"""The folder for what can be computed again, and the only way files get into it.

Nothing in the cache is needed: a missing, broken or unwritable cache costs time and changes no result.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from nas_gan.files import whole_file


def cache_folder() -> Path:
    """Return `$NAS_GAN_CACHE`, else `$XDG_CACHE_HOME/nas_gan`, else `~/.cache/nas_gan`; it need not exist."""
    own = os.environ.get("NAS_GAN_CACHE")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "nas_gan"


def write_cache_file(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Let `write` fill a file beside `path`, then rename it, so that no reader ever sees half a file.

    An unwritable folder or a full disk is no error: the file is left out and computed again the next time.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            write(file)
    except OSError:
        return
