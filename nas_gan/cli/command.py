"""A command: its errors call settings and the database by the user's names, and its help shows options in groups."""

from __future__ import annotations

import sys
from typing import Any, final

from typer.core import TyperCommand

from nas_gan.cli.common import with_flags
from nas_gan.errors import InputError
from nas_gan.store.address import masked_url


@final
class Command(TyperCommand):
    """Calls settings and databases in errors by the names that the user gave; shows options in their groups."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            flags = {str(param.name): param.opts[-1] for param in self.params}
            raise with_flags(error, flags) from error
        except Exception as error:
            damage = _damage(error)
            if damage is None:
                raise
            names = ("storage", "origin")
            database = next((ctx.params[name] for name in names if ctx.params.get(name)), None)
            named = "the study database" if database is None else f"--storage {masked_url(str(database))}"
            raise InputError(f"{named}: {damage}") from error

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options group by group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                title = "Arguments" if param.param_type_name == "argument" else "Options"
                groups.setdefault(getattr(param, "rich_help_panel", None) or title, []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


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
