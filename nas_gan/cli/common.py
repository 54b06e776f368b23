"""What commands share: options, the reading of numbers that people write, and output."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from nas_gan.errors import InputError, printable
from nas_gan.report.numbers import format_count, format_seconds
from nas_gan.store.address import DEFAULT_STORAGE
from nas_gan.units import parse_count as parse_plain_count
from nas_gan.units import parse_duration as parse_plain_duration

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

__all__ = [
    "DEFAULT_STORAGE",
    "JsonOption",
    "QuietOption",
    "StorageOption",
    "build_columns",
    "build_facts",
    "check_at_least",
    "fitting_columns",
    "format_count",
    "format_seconds",
    "parse_count",
    "parse_duration",
    "print_folded",
    "print_json",
    "print_lines",
    "print_rich",
    "quiet_console",
    "say",
]

StorageOption = Annotated[
    str, typer.Option("--storage", metavar="FILE|URL", help="Database with the studies.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print results and errors alone.")]

GAP = 2
FOLDED = 12
"""Room that a column needs at least whose text folds, in characters."""
NARROWEST = 20

T = TypeVar("T")


def quiet_console(*, stderr: bool, quiet: bool = False) -> Console:
    """Make a console for commands that go on when nobody reads any more what they say; rich itself would end them.

    What it prints is taken as it is, but for what a terminal would obey; with `quiet` it prints nothing.
    """
    from rich.console import Console

    class QuietConsole(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True

        def print(self, *objects: Any, **how: Any) -> None:
            super().print(
                *(one_printable(each) if isinstance(each, str) else each for each in objects), **how
            )

    return QuietConsole(stderr=stderr, quiet=quiet, markup=False, highlight=False)


def one_printable(line: str) -> str:
    """Return a line as it may be printed: names in it may come from files that others wrote."""
    return printable(line.replace("\n", " "))


def _printable_cell(cell: str) -> str:
    return "\n".join(map(printable, cell.split("\n")))


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
    """Raise InputError if a number is below its least; `option` names it."""
    if value < least:
        raise InputError(f"{option} {value}: must be at least {least}")


def print_json(value: Any) -> None:
    """Print one JSON document; what JSON has no number for (infinity, not-a-number) becomes null.

    Times are in the form of ISO 8601, with their zone. What a terminal would obey is escaped.
    """
    plain = json.loads(json.dumps(value, default=_plain), parse_constant=lambda _: None)
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    if not text.replace("\n", "").isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
    typer.echo(text)


def _plain(value: Any) -> str:
    # Optuna keeps local times without a zone.
    return value.astimezone().isoformat() if isinstance(value, datetime) else str(value)


def build_columns(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Collection[str] = (),
    whole: Collection[str] = (),
) -> Table:
    """Return a table without rules, whose long text folds.

    Columns in `numbers` are set to the right; they and those in `whole` aren't folded. Where they are too wide for the
    terminal, the last ones are left out.
    """
    from rich.console import Console
    from rich.table import Table

    rows = [tuple(map(_printable_cell, row)) for row in rows]
    unfolded = {*numbers, *whole}
    widths = {
        heading: max(map(len, (heading, *(row[place] for row in rows)))) if heading in unfolded else FOLDED
        for place, heading in enumerate(headings)
    }
    kept = fitting_columns(widths, list(reversed(headings[1:])), Console().width)
    places = [place for place, heading in enumerate(headings) if heading in kept]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    for heading in (headings[place] for place in places):
        right = heading in numbers
        table.add_column(
            heading,
            justify="right" if right else "left",
            no_wrap=right or heading in whole,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(row[place] for place in places))
    return table


def fitting_columns(widths: Mapping[str, int], dropped_first: Sequence[str], width: int) -> list[str]:
    """Return the columns, of those with these widths, that fit side by side once as few as need be are dropped."""
    kept = list(widths)
    for heading in dropped_first:
        if sum(widths[each] + GAP for each in kept) - GAP <= width:
            break
        kept.remove(heading)
    return kept


def build_facts(facts: Iterable[tuple[str, str]]) -> Table:
    """Return names and values, one pair a line; long values fold under themselves."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, one_printable(value))
    return table


def print_rich(renderable: RenderableType) -> None:
    """Print a table, no wider than the terminal; elsewhere plain, 80 columns wide, without padding."""
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    if console.is_terminal:
        console.print(renderable)
        return
    with console.capture() as captured:
        console.print(renderable)
    print_lines(line.rstrip() for line in captured.get().splitlines())


def say(line: str) -> None:
    """Print a line beside the results, on standard error."""
    typer.echo(one_printable(line), err=True)


def print_folded(lines: Iterable[str]) -> None:
    """Print drawn lines, no wider than the terminal: what goes on is set further in."""
    from rich.console import Console

    width = max(Console().width, NARROWEST)
    for line in lines:
        indent = " " * min(len(line) - len(line.lstrip()) + 4, width // 2)
        print_lines(textwrap.wrap(line, width, subsequent_indent=indent) if len(line) > width else [line])


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they are, but for what a terminal would obey."""
    for line in lines:
        typer.echo(one_printable(line))
