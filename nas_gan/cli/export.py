"""`export`: a trained generator as a folder that works without nas_gan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import nas_gan
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json, print_lines, say
from nas_gan.cli.folders import RunsFolderOption, WeightsOption
from nas_gan.cli.named import choose_study, complete_study
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.export import Bundle


def export(  # noqa: PLR0913, PLR0917 - one parameter a flag
    output: Annotated[Path, typer.Option("--output", "-o", help="New folder for the bundle.")],
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[STUDY | RUN]",
            help="A run's folder, STUDY:TRIAL, or STUDY for its best trial. [default: the only study]",
            show_default=False,
            autocompletion=complete_study,
        ),
    ] = None,
    option: Annotated[
        str | None,
        typer.Option(
            "--study", metavar="NAME", help="The study, as an option.", autocompletion=complete_study
        ),
    ] = None,
    trial: Annotated[
        str | None, typer.Option(metavar="N", help="Number of the study's trial. [default: best]")
    ] = None,
    weights: WeightsOption = "last",
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="Write generator.onnx too.")] = False,
    discriminator: Annotated[
        bool, typer.Option("--with-discriminator", help="Write the discriminator too: weights and source.")
    ] = False,
    hub: Annotated[
        bool, typer.Option("--hub", help="Write a README for the Hugging Face Hub too; see push.")
    ] = False,
    licence: Annotated[
        str, typer.Option(metavar="NAME", help="Licence of the weights, by its name on the Hub.")
    ] = "unknown",
    json: JsonOption = False,
) -> None:
    """Export a trained generator.

    The folder holds the architecture, the weights, a standalone model.py, an exported PyTorch
    program, samples and a card. Every form is loaded again and compared before the folder is there.
    A form that fails is left out and named, here and on the card; the others are written all the
    same, and the exit code is 1.

    \b
    Examples:
      python -m nas_gan export resdense-mnist5k -o bundle
      python -m nas_gan export resdense-mnist5k:7 -o bundle --onnx
      python -m nas_gan export runs/my_gan -o bundle --with-discriminator
    """
    from nas_gan.export import check_is_free

    check_is_free(output)
    named = _name_run(run, option, trial, storage)
    exported = nas_gan.load_run(named, storage=storage, runs=out)
    bundle = exported.export(
        output, weights=weights, onnx=onnx, discriminator=discriminator, hub=hub, licence=licence
    )
    _print(bundle, exported.folder, json)
    for file, reason in bundle.forms.failures.items():
        say(f"error: {file} is left out: {reason}; use the other forms")
    if bundle.forms.failures:
        raise typer.Exit(1)


def _name_run(run: str | None, option: str | None, trial: str | None, storage: str) -> str:
    """Say which run is meant: a folder, or STUDY:TRIAL."""
    if run is not None and (":" in run or Path(run).exists()):
        if option is not None or trial is not None:
            raise InputError(f"{run}: is a run; leave --study and --trial out")
        return run
    return f"{choose_study(run, option, storage)}:{trial or 'best'}"


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
    print_lines([f"Exported {source} to {bundle.folder}"])
    for name in bundle.files:
        difference = bundle.forms.differences.get(name)
        checked = "" if difference is None else f"  (loaded again, differs by {difference:.2g})"
        print_lines([f"  {name}{checked}"])
