"""The forms that a bundle holds a generator in: each is written, loaded again and compared, or its failure named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from textwrap import shorten
from typing import final

from safetensors.torch import save
from torch import nn

from nas_gan.export.compare import (
    DISCRIMINATOR_MODEL_FILE,
    MODEL_FILE,
    ONNX_FILE,
    PROGRAM_FILE,
    Expected,
    MismatchError,
    compare_form,
    expect_images,
    expect_verdicts,
)
from nas_gan.export.discriminator_source import discriminator_source
from nas_gan.export.load import ARCHITECTURE_FILE, DISCRIMINATOR_FILE, WEIGHTS_FILE
from nas_gan.export.model_source import model_source
from nas_gan.export.plain import plain_discriminator, plain_module
from nas_gan.export.programs import input_names, trace, write_onnx, write_pt2
from nas_gan.export.translation_source import translation_source
from nas_gan.nets import Discriminator, Generator, Translators
from nas_gan.spec import Architecture, canonical_json

LONGEST_REASON = 300  # characters; what a compiler says can fill pages


@final
@dataclass(frozen=True)
class Forms:
    """What came of a generator's forms, by file name.

    `differences`: the largest of any value of an image, or of a verdict, of forms that were loaded again.
    `failures`: in a line each, why a form isn't there. `rounding`: as in `nas_gan.export.compare.Expected`.
    """

    differences: dict[str, float]
    failures: dict[str, str]
    rounding: float


def write_forms(
    folder: Path,
    architecture: Architecture,
    generator: Generator | Translators,
    *,
    onnx: bool,
    discriminator: Discriminator | None = None,
) -> Forms:
    """Write the forms that hold a generator's images to a folder; leave out those that don't.

    So with a discriminator's forms and its verdicts, if there is one. Raises MismatchError if the generator's weights,
    on which others stand, give other images.
    """
    plain = plain_module(architecture, generator)
    expected = expect_images(architecture, generator)
    (folder / ARCHITECTURE_FILE).write_text(canonical_json(architecture), encoding="utf-8")
    # All that a translation has in its weights, and one direction in what has no names for two.
    weighed = generator if isinstance(generator, Translators) else plain
    source = translation_source if architecture.translates else model_source
    traced = cache(lambda: trace(plain, architecture))
    forms: dict[str, tuple[Callable[[Path], object], Expected]] = {
        WEIGHTS_FILE: (partial(_write_weights, weighed), expected),
        MODEL_FILE: (partial(_write_source, source, architecture), expected),
        PROGRAM_FILE: (lambda path: write_pt2(traced(), path), expected),
    }
    if onnx:
        forms[ONNX_FILE] = (lambda path: write_onnx(traced(), input_names(architecture), path), expected)
    if discriminator is not None:
        verdicts = expect_verdicts(architecture, discriminator, expected)
        judge = plain_discriminator(architecture, discriminator)
        forms[DISCRIMINATOR_FILE] = (partial(_write_weights, judge), verdicts)
        forms[DISCRIMINATOR_MODEL_FILE] = (
            partial(_write_source, discriminator_source, architecture),
            verdicts,
        )
    differences: dict[str, float] = {}
    failures = {}
    for name, (write, wanted) in forms.items():
        try:
            write(folder / name)
            difference = compare_form(folder, name, wanted)
        except Exception as error:  # tracers and compilers raise anything
            if name == WEIGHTS_FILE or isinstance(error, OSError):
                raise
            (folder / name).unlink(missing_ok=True)
            failures[name] = _describe(error)
        else:
            differences |= {} if difference is None else {name: difference}
    return Forms(differences, failures, expected.rounding)


def _write_weights(network: nn.Module, path: Path) -> None:
    path.write_bytes(save(network.state_dict()))


def _write_source(source: Callable[[Architecture], str], architecture: Architecture, path: Path) -> None:
    path.write_text(source(architecture), encoding="utf-8")


def _describe(error: Exception) -> str:
    kind = "" if isinstance(error, MismatchError) else f"{type(error).__name__}: "
    return shorten(f"{kind}{error}", LONGEST_REASON, placeholder=" …")
