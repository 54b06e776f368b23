"""Values in a study database that aren't what was written there: changed by hand, by another program, or by a disk."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from nas_gan.errors import InputError
from nas_gan.store.address import masked_url
from nas_gan.store.retry import transient_cause

READERS = ("optuna.storages", "optuna.distributions", "sqlalchemy")
GONE = "Record does not exist."
"""What Optuna says of a study or trial that isn't there any more."""


def damage_of(error: BaseException) -> str | None:
    """Say what could not be read of a database, and the remedy; None for an error of any other kind."""
    cause = error.__cause__ if isinstance(error.__cause__, DBAPIError) else error
    if not isinstance(error, ValueError | LookupError | TypeError | AttributeError | AssertionError) and not (
        isinstance(cause, DBAPIError)
    ):
        return None
    places = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    if not any(place.startswith(READERS) for place in places):
        return None
    if error.args == (GONE,):
        return "a study or trial was deleted while it was in use; see what there is with `status`"
    said = " ".join(str(cause.orig if isinstance(cause, DBAPIError) else error).split())
    return (
        f"holds a value that isn't what was written ({type(error).__name__}: {said[:120]}); "
        "`studies verify` says where; go back to a copy of it"
    )


@contextmanager
def reading(storage: str) -> Iterator[None]:
    """Raise InputError, which names the database `storage`, for a value in it that can't be read."""
    try:
        yield
    except Exception as error:
        damage = None if transient_cause(error) else damage_of(error)
        if damage is None:
            raise
        raise InputError(f"{masked_url(storage)}: {damage}", setting="storage") from error
