"""What a study may be called: its name is a folder's too, and a word of commands."""

from __future__ import annotations

from nas_gan.errors import InputError

LONGEST = 200
# Folders beside those of studies.
TAKEN = ("artifacts", "orphaned", "reproductions")


COPYING = ".copying"


def passing_name(name: str) -> str:
    """Say what a copy is called until it is complete. No search can be given a name that begins with a dot."""
    return f".{name}{COPYING}"


def check_stored_name(name: str) -> None:
    """Raise InputError for a name in a database of others that would lead out of the folder of the runs."""
    passing = name.startswith(".") and name.endswith(COPYING)
    check_name(name[1 : -len(COPYING)] if passing else name)


def check_name(name: str, setting: str | None = None) -> None:
    """Raise InputError for what can't be a study's name; `setting` is what it was given as."""
    if not name.strip() or not name.isprintable() or set(name) & set("/\\:") or name[0] in ".-":
        raise InputError(
            f"{name!r}: can't name a study; give a name without slashes and colons, not starting with a dot or a dash",
            setting=setting,
        )
    if len(name.encode()) > LONGEST:
        raise InputError(
            f"{name[:20]!r}…: too long for the name of a study; give at most {LONGEST} bytes", setting=setting
        )
    if name in TAKEN:
        raise InputError(
            f"{name!r}: is a folder of nas_gan's own beside the runs; give another name", setting=setting
        )
