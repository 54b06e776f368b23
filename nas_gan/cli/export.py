"""`export`: a trained generator as a folder that works without nas_gan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import nas_gan
from nas_gan.cli.common import print_json
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.export import Bundle


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the bundle.")],
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run's folder, or STUDY:TRIAL (STUDY:best); or give --study instead.",
            show_default=False,
        ),
    ] = None,
    study: Annotated[str | None, typer.Option(help="Export a trial of this study.")] = None,
    trial: Annotated[str | None, typer.Option(help="Number of the trial. [default: best]")] = None,
    storage: Annotated[str, typer.Option(help="Database with the study.")] = "runs/studies.db",
    out: RunsFolderOption = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="Write generator.onnx too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Export a trained generator.

    The folder holds the architecture, the weights, a standalone model.py, an exported PyTorch
    program, samples and a card. Every form is loaded again and compared before the folder is there.
    A form that fails is left out and named, here and on the card; the others are written all the
    same, and the exit code is 1.

    \b
    Examples:
      python -m nas_gan export --study resdense-mnist5k -o bundle
      python -m nas_gan export --study resdense-mnist5k --trial 7 -o bundle --onnx
      python -m nas_gan export resdense-mnist5k:7 -o bundle
      python -m nas_gan export runs/my_gan -o bundle
    """
    if (run is None) == (study is None):
        raise InputError("give either a run (its folder, or STUDY:TRIAL) or --study NAME")
    if run is not None and trial is not None:
        raise InputError(f"--trial {trial}: chooses a trial of a --study; leave it out with a run")
    from nas_gan.export import check_is_free

    check_is_free(output)
    named = run or f"{study}:{trial or 'best'}"
    exported = nas_gan.load_run(named, storage=storage, runs=out)
    bundle = exported.export(output, onnx=onnx)
    _print(bundle, exported.folder, json)
    for file, reason in bundle.forms.failures.items():
        typer.echo(f"error: {file} is left out: {reason}; use the other forms", err=True)
    if bundle.forms.failures:
        raise typer.Exit(1)


def _print(bundle: Bundle, source: Path, json: bool) -> None:
    if json:
        print_json(
            {
                "folder": str(bundle.folder),
                "source": str(source),
                "files": bundle.files,
                "differences": bundle.forms.differences,
                "rounding": bundle.forms.rounding,
                "failures": bundle.forms.failures,
            }
        )
        return
    typer.echo(f"Exported {source} to {bundle.folder}")
    for name in bundle.files:
        difference = bundle.forms.differences.get(name)
        checked = "" if difference is None else f"  (loaded again, differs by {difference:.2g})"
        typer.echo(f"  {name}{checked}")
