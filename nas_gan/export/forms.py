"""The forms that a bundle holds a generator in: each is written, loaded again and compared, or its failure named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import final

from safetensors.torch import save
from torch import nn

from nas_gan.export.compare import (
    MODEL_FILE,
    ONNX_FILE,
    PROGRAM_FILE,
    MismatchError,
    compare_form,
    expect_images,
)
from nas_gan.export.load import ARCHITECTURE_FILE, WEIGHTS_FILE
from nas_gan.export.model_source import model_source
from nas_gan.export.plain import plain_module
from nas_gan.export.programs import write_onnx, write_pt2
from nas_gan.export.translation_source import translation_source
from nas_gan.nets import Generator, Translators
from nas_gan.spec import Architecture, canonical_json

LONGEST_REASON = 300  # characters; what a compiler says can fill pages


@final
@dataclass(frozen=True)
class Forms:
    """What came of a generator's forms, by file name.

    `differences`: the largest of any value of an image, of forms that were loaded again. `failures`: in a line
    each, why a form isn't there. `rounding`: as in `nas_gan.export.compare.Expected`.
    """

    differences: dict[str, float]
    failures: dict[str, str]
    rounding: float


def write_forms(
    folder: Path, architecture: Architecture, generator: Generator | Translators, *, onnx: bool
) -> Forms:
    """Write the forms that hold a generator's images to a folder; leave out those that don't.

    Raises MismatchError if the weights, on which others stand, give other images.
    """
    plain = plain_module(architecture, generator)
    expected = expect_images(architecture, generator)
    (folder / ARCHITECTURE_FILE).write_text(canonical_json(architecture), encoding="utf-8")
    differences: dict[str, float | None] = {}
    failures = {}
    for name, write in WRITERS.items():
        if name == ONNX_FILE and not onnx:
            continue
        try:
            # All that a translation has in its weights, and one direction in what has no names for two.
            given = generator if name == WEIGHTS_FILE and isinstance(generator, Translators) else plain
            write(given, architecture, folder / name)
            differences[name] = compare_form(folder, name, expected)
        except Exception as error:  # tracers and compilers raise anything
            if name == WEIGHTS_FILE or isinstance(error, OSError):
                raise
            (folder / name).unlink(missing_ok=True)
            failures[name] = _describe(error)
    found = {name: difference for name, difference in differences.items() if difference is not None}
    return Forms(found, failures, expected.rounding)


def _write_weights(generator: nn.Module, _: Architecture, path: Path) -> None:
    path.write_bytes(save(generator.state_dict()))


def _write_model(_: nn.Module, architecture: Architecture, path: Path) -> None:
    source = translation_source if architecture.translates else model_source
    path.write_text(source(architecture), encoding="utf-8")


WRITERS: dict[str, Callable[[nn.Module, Architecture, Path], None]] = {
    WEIGHTS_FILE: _write_weights,
    MODEL_FILE: _write_model,
    PROGRAM_FILE: write_pt2,
    ONNX_FILE: write_onnx,
}


def _describe(error: Exception) -> str:
    kind = "" if isinstance(error, MismatchError) else f"{type(error).__name__}: "
    return shorten(f"{kind}{error}", LONGEST_REASON, placeholder=" …")
