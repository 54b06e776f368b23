"""The bundle that a user takes away: one folder that works without nas_gan, whole or absent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import final

from safetensors.torch import save

from nas_gan.errors import InputError
from nas_gan.export.card import card_text
from nas_gan.export.compare import MODEL_FILE, ONNX_FILE, PROGRAM_FILE, compare_bundle
from nas_gan.export.facts import BundleFacts
from nas_gan.export.load import ARCHITECTURE_FILE, WEIGHTS_FILE
from nas_gan.export.model_source import model_source
from nas_gan.export.plain import plain_generator
from nas_gan.export.programs import check_onnx_is_installed, trace_generator, write_onnx, write_pt2
from nas_gan.nets import Generator
from nas_gan.spec import Architecture, canonical_json

RECORD_FILE = "record.json"
SAMPLES_FILE = "samples.png"
CARD_FILE = "card.md"


@final
@dataclass(frozen=True)
class Bundle:
    """A bundle that was written. `differences`: the largest of any value of an image, by file name."""

    folder: Path
    files: tuple[str, ...]
    differences: dict[str, float]


def write_bundle(
    folder: Path, architecture: Architecture, generator: Generator, facts: BundleFacts, *, onnx: bool = False
) -> Bundle:
    """Writes a generator, in evaluation mode and on the CPU, in all its forms, with its card.

    Everything is reloaded and compared first. Raises InputError if `folder` is taken or can't be made, or
    if ONNX is wanted and not installed, and MismatchError if a form doesn't give the generator's images; in
    either case nothing is left behind.
    """
    if onnx:
        check_onnx_is_installed()
    check_is_free(folder)
    place = folder.resolve()
    with _folder_beside(place) as beside:
        whole = Path(beside) / place.name
        whole.mkdir()
        _write_forms(whole, architecture, generator, onnx)
        (whole / RECORD_FILE).write_text(facts.record_json, encoding="utf-8")
        (whole / SAMPLES_FILE).write_bytes(facts.samples_png)
        differences = compare_bundle(whole, architecture, generator)
        card = card_text(architecture, facts, whole, differences)
        (whole / CARD_FILE).write_text(card, encoding="utf-8")
        files = tuple(sorted(path.name for path in whole.iterdir()))
        if place.exists():
            place.rmdir()
        whole.rename(place)
    return Bundle(folder, files, differences)


def check_is_free(folder: Path) -> None:
    """Raises InputError if something is in a bundle's place already; an empty folder is nothing."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"-o {folder}: exists already; give a new folder, or remove it")


def _write_forms(folder: Path, architecture: Architecture, generator: Generator, onnx: bool) -> None:
    plain = plain_generator(architecture, generator)
    (folder / ARCHITECTURE_FILE).write_text(canonical_json(architecture), encoding="utf-8")
    (folder / MODEL_FILE).write_text(model_source(architecture), encoding="utf-8")
    (folder / WEIGHTS_FILE).write_bytes(save(plain.state_dict()))
    program = trace_generator(plain, architecture)
    write_pt2(program, folder / PROGRAM_FILE)
    if onnx:
        write_onnx(program, folder / ONNX_FILE)


def _folder_beside(folder: Path) -> TemporaryDirectory[str]:
    """A temporary folder from which a finished bundle can be renamed into its place."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-")
    except OSError as error:
        raise InputError(f"-o {folder}: can't be made ({error.strerror}); give another folder") from None
