"""The options of `search`, which follow from its settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from nas_gan.cli.common import QuietOption, format_count, name_flags
from nas_gan.search.settings import SETTINGS, Setting

FLAGS = {name: f"--{setting.key.replace('_', '-')}" for name, setting in SETTINGS.items()}
"""Options by the names of settings."""

OTHERS: dict[str, Any] = {
    "study_file": Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML recipe that sets any of these; a flag wins over it."),
    ],
    "plan": Annotated[
        str | None,
        typer.Option(
            metavar="90|10m|8h",
            help="Only measure for a minute what fits into this time, and what it may gain.",
        ),
    ],
    "json": Annotated[bool, typer.Option("--json", help="Print the result as JSON.")],
    "quiet": QuietOption,
}


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option a setting, besides its own; it is told those that were given, by their names."""

    def run(study_file: Path | None, plan: str | None, json: bool, quiet: bool, **settings: Any) -> None:
        given = {name: value for name, value in settings.items() if value not in (None, [])}
        command(given, study_file, plan, json, quiet)

    kinds = {name: _option(setting) for name, setting in SETTINGS.items()} | OTHERS
    defaults: dict[str, Any] = {"json": False, "quiet": False}
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=defaults.get(name))
        for name, kind in kinds.items()
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__, run.__name__, run.__doc__ = kinds, command.__name__, command.__doc__
    return run


def _option(setting: Setting) -> Any:
    """Make an option that is text as far as the command line knows: what it may be is the setting's matter."""
    flag, default = FLAGS[setting.name], setting.default
    told = setting.text if not (shown := _default(setting)) else f"{setting.text} [default: {shown}]"
    group = setting.group
    if isinstance(default, bool):
        flags = f"{flag}/--no-{flag.removeprefix('--')}"
        return Annotated[
            bool | None, typer.Option(flags, help=name_flags(told, FLAGS), rich_help_panel=group)
        ]
    kind: Any = list[str] | None if setting.repeated else str | None
    option = typer.Option(
        flag, metavar=setting.metavar or None, help=name_flags(told, FLAGS), rich_help_panel=group
    )
    return Annotated[kind, option]


def _default(setting: Setting) -> str:
    """Say a default as it would be written."""
    default = setting.default
    if setting.shown or default in (None, ()):
        return setting.shown
    if isinstance(default, bool):
        return setting.key.replace("_", "-") if default else f"no-{setting.key.replace('_', '-')}"
    if isinstance(default, float):
        return f"{default:g}s"
    return format_count(default) if isinstance(default, int) else str(default)
