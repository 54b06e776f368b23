"""A command: its errors call settings and the database by the names that the user gave them."""

from __future__ import annotations

import sys
from typing import Any, final

from typer.core import TyperCommand

from nas_gan.errors import InputError
from nas_gan.store.address import masked_url


@final
class Command(TyperCommand):
    """Calls settings in errors by the names of this command's options, and names the database that is damaged."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            flags = {param.name: param.opts[-1] for param in self.params}
            if error.setting not in flags:
                raise
            raise InputError(f"{flags[error.setting]} {error.problem}") from error
        except Exception as error:
            damage = _damage(error)
            if damage is None:
                raise
            database = next(
                (ctx.params[name] for name in ("storage", "origin") if ctx.params.get(name)), None
            )
            named = "the study database" if database is None else f"--storage {masked_url(database)}"
            raise InputError(f"{named}: {damage}") from error


def trouble_of(error: Exception) -> str | None:
    """Say what is wrong with a database or a disk, if that is it."""
    if "optuna" not in sys.modules and not isinstance(error, OSError):
        return None
    from nas_gan.store.retry import transient_cause

    return transient_cause(error)


def _damage(error: Exception) -> str | None:
    """Say what is wrong with the values in a database, if that is it."""
    if "optuna" not in sys.modules or trouble_of(error) is not None:
        return None
    from nas_gan.search.storage.damage import damage_of

    return damage_of(error)
