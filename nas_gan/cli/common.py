"""What commands share: options, the reading of numbers that people write, and output."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from nas_gan.errors import InputError
from nas_gan.report.numbers import format_count, format_seconds
from nas_gan.units import parse_count as parse_plain_count
from nas_gan.units import parse_duration as parse_plain_duration

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

__all__ = [
    "DEFAULT_STORAGE",
    "JsonOption",
    "OptionalStudyOption",
    "StorageOption",
    "StudyOption",
    "build_columns",
    "build_facts",
    "check_at_least",
    "format_count",
    "format_seconds",
    "parse_count",
    "parse_duration",
    "print_json",
    "print_lines",
    "print_rich",
    "quiet_console",
]

DEFAULT_STORAGE = "runs/studies.db"

StorageOption = Annotated[
    str, typer.Option("--storage", metavar="FILE|URL", help="Database with the studies.")
]
StudyOption = Annotated[str, typer.Option("--study", metavar="NAME", help="Name of the study.")]
OptionalStudyOption = Annotated[
    str | None, typer.Option("--study", metavar="NAME", help="Name of one study; without it, all are listed.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")]

T = TypeVar("T")


def quiet_console(*, stderr: bool) -> Console:
    """For commands that go on when nobody reads any more what they say; rich itself would end the program."""
    from rich.console import Console

    class QuietConsole(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True

    return QuietConsole(stderr=stderr, markup=False)


def parse_count(text: str, option: str) -> int:
    """Read a count of at least 1, as `nas_gan.units` does; `option` names it in errors."""
    return _parse(parse_plain_count, text, option)


def parse_duration(text: str, option: str) -> float:
    """Read a time longer than 0, in seconds, as `nas_gan.units` does; `option` names it in errors."""
    return _parse(parse_plain_duration, text, option)


def _parse(parse: Callable[[str], T], text: str, option: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"{text}: {error}", setting=option) from None


ELSEWHERE = {"root": "data_root", "runs": "out"}
"""Settings of the Python API whose options have another name."""


def with_flags(error: InputError, flags: Mapping[str, str]) -> InputError:
    """Call settings in an error by the names of options: the one at its beginning, and those in backticks."""
    problem = name_flags(error.problem, flags)
    flag = flags.get(error.setting or "", error.setting)
    return InputError(f"{flag} {problem}" if flag else problem)


def name_flags(text: str, flags: Mapping[str, str]) -> str:
    """Call settings in backticks by the names of options, if there is one: `grace_seconds` is --grace."""

    def flag(found: re.Match[str]) -> str:
        name = found[1]
        return flags.get(name) or flags.get(ELSEWHERE.get(name, "")) or found[0]

    return re.sub("`([a-z_]+)`", flag, text)


def check_at_least(least: int, value: int, option: str) -> None:
    """Raises InputError if a number is below its least; `option` names it."""
    if value < least:
        raise InputError(f"{option} {value}: must be at least {least}")


def print_json(value: Any) -> None:
    """Prints one JSON document; what JSON has no number for (infinity, not-a-number) becomes null."""
    plain = json.loads(json.dumps(value, default=str), parse_constant=lambda _: None)
    typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))


def build_columns(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Collection[str] = (),
    whole: Collection[str] = (),
) -> Table:
    """A table without rules, whose long text folds.

    Columns in `numbers` are set to the right; they and those in `whole` aren't folded.
    """
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        right = heading in numbers
        table.add_column(
            heading,
            justify="right" if right else "left",
            no_wrap=right or heading in whole,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*row)
    return table


def build_facts(facts: Iterable[tuple[str, str]]) -> Table:
    """Names and values, one pair a line; long values fold under themselves."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, value)
    return table


def print_rich(renderable: RenderableType) -> None:
    """Prints a table, no wider than the terminal; elsewhere plain, 80 columns wide, without padding."""
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    if console.is_terminal:
        console.print(renderable)
        return
    with console.capture() as captured:
        console.print(renderable)
    print_lines(line.rstrip() for line in captured.get().splitlines())


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines as they are."""
    for line in lines:
        typer.echo(line)
