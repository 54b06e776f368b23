"""The program's commands, and the one place where errors become exit codes.

0: done. 1: failed. 2: bad input, said in one line. 130: interrupted.
"""

from __future__ import annotations

import atexit
import io
import os
import signal
import sys
import traceback
from typing import Annotated, Any, final

import typer
from typer.core import TyperGroup

from nas_gan.cli.best import best
from nas_gan.cli.command import Command, trouble_of
from nas_gan.cli.crossval import crossval
from nas_gan.cli.draw import draw
from nas_gan.cli.evaluate import evaluate
from nas_gan.cli.explain import explain
from nas_gan.cli.export import export
from nas_gan.cli.interpolate import interpolate
from nas_gan.cli.neighbours import neighbours
from nas_gan.cli.plot import plot
from nas_gan.cli.push import push
from nas_gan.cli.report import report
from nas_gan.cli.reproduce import reproduce
from nas_gan.cli.rerun import rerun
from nas_gan.cli.sample import sample
from nas_gan.cli.search import search
from nas_gan.cli.show import show
from nas_gan.cli.spaces import spaces
from nas_gan.cli.status import status
from nas_gan.cli.studies import studies
from nas_gan.cli.train import train
from nas_gan.cli.trials import trials
from nas_gan.cli.watch import watch
from nas_gan.cli.worker import worker
from nas_gan.errors import InputError, printable
from nas_gan.interruption import SIGNALS, StopRequest
from nas_gan.version import __version__

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

# Typer has no public name for what it raises at a wrong option; this is the parent of the one it has.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]


@final
class Program(TyperGroup):
    """Runs a command; the interrupt key ends any of them alike."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command of a context. Typer itself would end it without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            print("error: interrupted", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=Program,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nas-gan {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def program(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version.")
    ] = False,
) -> None:
    """Search for the networks of a GAN: propose, train, prune, rank, export.

    \b
    Example:
      python -m nas_gan search --space resdense
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(BAD_INPUT)


for command in (
    search,
    worker,
    spaces,
    status,
    best,
    rerun,
    explain,
    trials,
    show,
    report,
    watch,
    plot,
    draw,
    train,
    evaluate,
    sample,
    neighbours,
    interpolate,
    crossval,
    reproduce,
    export,
    push,
):
    app.command(cls=Command)(command)
app.add_typer(studies)


def run() -> None:
    """Run the command that the arguments name, and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × or → still gets the rest
    StopRequest(once=False)  # SIGTERM, and a terminal that is closed, end any command as Ctrl-C does
    try:
        code = _run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    atexit.register(_ignore_signals)  # last, and so the first of all that Python does at its end
    sys.exit(code)


def _ignore_signals() -> None:
    """Prepare for Python's own end, in which a second Ctrl-C would print a traceback."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _run() -> int:
    try:
        code = app(standalone_mode=False)
        if sys.stdout is not None:  # as where it was closed before the start
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough. What is left goes nowhere, without a complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        return _explain(error)
    return code if isinstance(code, int) else DONE


def _explain(error: Exception) -> int:
    """Print one line about an error and give its exit code."""
    match error:
        case InputError():
            code, message = BAD_INPUT, str(error)
        case UsageError():
            code, message = BAD_INPUT, f"{_usage_message(error).rstrip('.')}; see --help"
        case _ if trouble := trouble_of(error):
            code, message = FAILED, f"{trouble}; try again later"
        case _:
            code, message = FAILED, f"internal: {type(error).__name__}: {error}"
            if os.environ.get("NAS_GAN_TRACEBACK"):
                traceback.print_exception(error)
            else:
                message += " (NAS_GAN_TRACEBACK=1 shows where)"
    print(printable(f"error: {' '.join(message.split())}"), file=sys.stderr)
    return code


def _usage_message(error: Exception) -> str:
    message = getattr(error, "format_message", None)
    return str(message()) if message else str(error)
