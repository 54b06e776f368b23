"""`export`: a trained generator as a folder that works without nas_gan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.cli.common import print_json
from nas_gan.cli.folders import RunsFolderOption, find_folder
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.export import Bundle, BundleFacts
    from nas_gan.nets import Generator
    from nas_gan.runs.record import RunRecord

SAMPLE_ROWS = 8


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
    from nas_gan.export import check_is_free, load_folder, write_bundle
    from nas_gan.runs.record import load_record

    check_is_free(output)
    named = run or f"{study}:{trial or 'best'}"
    folder = find_folder(named, storage, out)
    is_trial = not Path(named).exists()
    name = (
        f"trial {folder.name} of study {named.rpartition(':')[0]}" if is_trial else f"the run {folder.name}"
    )
    architecture, generator = load_folder(folder)
    record = load_record(folder)
    facts = _read_facts(record, name, _draw_samples(record, generator, folder))
    bundle = write_bundle(output, architecture, generator, facts, onnx=onnx)
    _print(bundle, folder, json)
    for file, reason in bundle.forms.failures.items():
        typer.echo(f"error: {file} is left out: {reason}; use the other forms", err=True)
    if bundle.forms.failures:
        raise typer.Exit(1)


def _read_facts(record: RunRecord, name: str, samples_png: bytes) -> BundleFacts:
    from nas_gan.export import BundleFacts
    from nas_gan.metrics.scores import made_scores
    from nas_gan.report.topology import draw_topology

    if not record.rungs:
        raise InputError(f"{name} has ended before its first score; train it again")
    scored = record.rungs[-1]
    return BundleFacts(
        name=name,
        record_json=record.model_dump_json(indent=1),
        topology="\n".join(draw_topology(record.architecture)),
        samples_png=samples_png,
        scores=tuple((kind.title, kind.full_text(scored.scores)) for kind in made_scores(scored.scores)),
        protocol=record.protocol,
        data=record.data,
        data_fingerprint=record.data_fingerprint,
        class_names=record.class_names,
        seed=record.seed,
        images_seen=scored.images_seen,
        wall_seconds=record.wall_seconds,
        device=record.device,
        versions=record.versions,
    )


def _draw_samples(record: RunRecord, generator: Generator, folder: Path) -> bytes:
    """Eight rows of samples; a column a class where there are a few. Of points, the run's own drawing of them."""
    from nas_gan.cli.sample import draw_pixels, grid_columns
    from nas_gan.pictures.grid import grid_png

    if record.architecture.image.is_points:
        return _read_samples(folder)
    columns = grid_columns(SAMPLE_ROWS**2, record.architecture)
    pixels = draw_pixels(record.architecture, generator, SAMPLE_ROWS * columns, None, seed=0)
    return grid_png(pixels, columns)


def _read_samples(folder: Path) -> bytes:
    from nas_gan.runs.record import SAMPLES_FILE

    try:
        return (folder / SAMPLES_FILE).read_bytes()
    except OSError as error:
        raise InputError(
            f"{folder / SAMPLES_FILE}: can't be read ({error.strerror}); train it again"
        ) from None


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
