"""A command: settings in its errors are called by its options, and its help shows these in groups."""

from __future__ import annotations

from typing import Any, final

from typer.core import TyperCommand

from nas_gan.cli.common import with_flags
from nas_gan.errors import InputError


@final
class Command(TyperCommand):
    """Calls settings in errors by the names of this command's options; shows options in their groups."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            flags = {str(param.name): param.opts[-1] for param in self.params}
            raise with_flags(error, flags) from error

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
