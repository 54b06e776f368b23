"""The bundle that a user takes away: one folder that works without nas_gan, whole or absent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import final

from nas_gan.errors import InputError
from nas_gan.export.card import card_text
from nas_gan.export.facts import BundleFacts
from nas_gan.export.forms import Forms, write_forms
from nas_gan.export.hub import README_FILE, HubFacts, check_hub_is_installed, hub_readme
from nas_gan.export.programs import check_onnx_is_installed
from nas_gan.export.translation_source import EXAMPLE_FILE
from nas_gan.nets import Discriminator, Generator, Translators
from nas_gan.spec import Architecture

RECORD_FILE = "record.json"
SAMPLES_FILE = "samples.png"
CARD_FILE = "card.md"


@final
@dataclass(frozen=True)
class Bundle:
    """A bundle that was written."""

    folder: Path
    files: tuple[str, ...]
    forms: Forms


def write_bundle(
    folder: Path,
    architecture: Architecture,
    generator: Generator | Translators,
    facts: BundleFacts,
    *,
    onnx: bool = False,
    discriminator: Discriminator | None = None,
    hub: HubFacts | None = None,
) -> Bundle:
    """Write a generator, in evaluation mode and on the CPU, in all its forms, with its card; a discriminator too.

    Each form is loaded again and compared; one that fails is left out, and is among the bundle's failures. There
    is no bundle without weights: raises MismatchError if they don't give the generator's images. Raises
    InputError if `folder` is taken or can't be made, or if ONNX or the Hub is wanted and not installed. `hub`: what a
    README for the Hub says, which is written then. After an error
    nothing is left behind.
    """
    if onnx:
        check_onnx_is_installed()
    if hub is not None:
        check_hub_is_installed()
    check_is_free(folder)
    place = folder.resolve()
    with _naming(folder), _folder_beside(place) as beside:
        whole = Path(beside) / place.name
        whole.mkdir()
        (whole / RECORD_FILE).write_text(facts.record_json, encoding="utf-8")
        (whole / SAMPLES_FILE).write_bytes(facts.samples_png)
        if facts.example_png is not None:
            (whole / EXAMPLE_FILE).write_bytes(facts.example_png)
        forms = write_forms(whole, architecture, generator, onnx=onnx, discriminator=discriminator)
        card = card_text(architecture, facts, whole, forms)
        (whole / CARD_FILE).write_text(card, encoding="utf-8")
        if hub is not None:
            (whole / README_FILE).write_text(hub_readme(hub, card), encoding="utf-8")
        files = tuple(sorted(path.name for path in whole.iterdir()))
        if place.exists():
            place.rmdir()
        whole.rename(place)
    return Bundle(folder, files, forms)


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Say of a full disk, which is told without a name, what was being written."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(folder)
        raise


def check_is_free(folder: Path) -> None:
    """Raise InputError if something is in a bundle's place already; an empty folder is nothing."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder}: exists already; give a new folder, or remove it", setting="output")


def _folder_beside(folder: Path) -> TemporaryDirectory[str]:
    """Return a temporary folder from which a finished bundle can be renamed into its place."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-")
    except OSError as error:
        raise InputError(
            f"{folder}: can't be made ({error.strerror}); give another folder", setting="output"
        ) from None
