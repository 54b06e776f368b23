"""Which study a command is told of: by its name, or the only one there is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from nas_gan.cli.common import DEFAULT_STORAGE
from nas_gan.errors import InputError
from nas_gan.store.address import SQLITE_PREFIX, masked_url, storage_url

STUDY_HELP = "Name of the study. [default: the only one]"


def complete_study(context: typer.Context, incomplete: str) -> list[str]:
    """List the studies of the database that a command line names, for the shell; nothing where that can't be read."""
    url = storage_url(str(context.params.get("storage") or DEFAULT_STORAGE))
    path = Path(url.removeprefix(SQLITE_PREFIX))
    if not url.startswith(SQLITE_PREFIX) or not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            names = [str(name) for (name,) in connection.execute("SELECT study_name FROM studies")]
    except sqlite3.Error:
        return []
    return sorted(name for name in names if name.startswith(incomplete))


StudyArgument = Annotated[
    str | None,
    typer.Argument(metavar="[STUDY]", help=STUDY_HELP, show_default=False, autocompletion=complete_study),
]
StudyOption = Annotated[
    str | None,
    typer.Option("--study", metavar="NAME", help="The same, as an option.", autocompletion=complete_study),
]


def choose_study(given: str | None, option: str | None, storage: str) -> str:
    """Return the study that a command is told of; without a name the only one of the database.

    Raises InputError where both names are given, or there is more than one study or none.
    """
    if given is not None and option is not None:
        raise InputError(f"--study {option}: {given} is named already; give one of the two")
    named = given if option is None else option
    return only_study(storage) if named is None else named


def only_study(storage: str) -> str:
    """Return the only study of a database; raises InputError where there is none, or there are several."""
    from nas_gan.search.storage.database import open_storage, study_names

    names = sorted(name for name in study_names(open_storage(storage, create=False)) if name[:1] != ".")
    if not names:
        raise InputError(f"{masked_url(storage)}: no studies yet; start one with: python -m nas_gan search")
    if len(names) > 1:
        raise InputError(f"which study? name one of {', '.join(names)}")
    return names[0]
