"""Values in a study database that aren't what was written there: changed by hand, by another program, or by a disk."""

from __future__ import annotations

import traceback

from sqlalchemy.exc import DBAPIError

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
