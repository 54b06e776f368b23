"""Loading each form of a network again, and comparing what it gives with what the network gave."""

from __future__ import annotations

import math
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from nas_gan.export.load import DISCRIMINATOR_FILE, WEIGHTS_FILE, load_folder_discriminator, load_networks
from nas_gan.export.plain import plain_discriminator, plain_module
from nas_gan.export.programs import input_shape
from nas_gan.nets import Discriminator, Generator, Translators, Verdict, draw_labels, draw_latents
from nas_gan.spec import Architecture

MODEL_FILE = "model.py"
DISCRIMINATOR_MODEL_FILE = "discriminator.py"
PROGRAM_FILE = "generator.pt2"
ONNX_FILE = "generator.onnx"

BATCH_SIZES = (1, 5)
# Of values in [-1, 1], where a grey level is 7.8e-3.
ALWAYS_ALLOWED = 1e-5
NEVER_ALLOWED = 3.9e-3  # half a grey level
# Another order of the same float32 sums is off by as much as the generator's own is, on the other side or more:
# a handful of images doesn't show the most there can be.
ALLOWED_ROUNDINGS = 4

Generate = Callable[..., Tensor]
"""From latents and, if conditional, labels to images; of a discriminator, from images and labels to verdicts."""


class MismatchError(Exception):
    """A file of a bundle doesn't give the images of the generator that it was made from."""


@final
@dataclass(frozen=True, eq=False)
class Expected:
    """What every form must give: images of `inputs` (latents and, if conditional, labels; or images), batch by batch.

    `rounding`: the largest difference that computing the generator in float32 instead of float64 makes to a
    value of them.
    """

    inputs: tuple[tuple[Tensor, ...], ...]
    images: tuple[Tensor, ...]
    rounding: float

    @property
    def allowed(self) -> float:
        """The largest difference that is put down to rounding. What isn't a number is more than allowed."""
        return min(max(ALWAYS_ALLOWED, ALLOWED_ROUNDINGS * self.rounding), NEVER_ALLOWED)


@torch.inference_mode()
def expect_images(architecture: Architecture, generator: Generator | Translators) -> Expected:
    """Make a generator's images of fixed noise, in batches of different sizes."""
    inputs = tuple(_draw_inputs(architecture, count) for count in BATCH_SIZES)
    return _expect(inputs, _to_images(generator), plain_module(architecture, generator).double())


@torch.inference_mode()
def expect_verdicts(
    architecture: Architecture, discriminator: Discriminator, generated: Expected
) -> Expected:
    """Make a discriminator's verdicts on generated images and on noise, in batches of different sizes."""
    random = torch.Generator().manual_seed(0)
    classes = architecture.image.classes
    inputs = tuple(
        (
            torch.cat((images, torch.rand(images.shape, generator=random) * 2 - 1)),
            draw_labels(2 * len(images), classes or 1),
        )
        for images in generated.images
    )
    exact = plain_discriminator(architecture, discriminator).double()
    return _expect(inputs, _to_verdicts(discriminator), _to_verdicts(exact))


def compare_form(folder: Path, name: str, expected: Expected) -> float | None:
    """Load the form with this file name and give the largest difference of a value of its images.

    None where it can't be loaded: ONNX without `onnxruntime`. Raises MismatchError if it is above what is allowed.
    """
    loaded = LOADERS[name](folder)
    if loaded is None:
        return None
    with torch.inference_mode():
        differences = [
            (loaded(*given) - images).abs().max()
            for given, images in zip(expected.inputs, expected.images, strict=True)
        ]
    difference = float(torch.stack(differences).max())
    # Not a number is a failure too.
    if not difference <= expected.allowed:
        raise MismatchError(
            f"{name}: its images differ from the network's by {difference:.1e}, more than {expected.allowed:.1e}"
        )
    return difference


def _expect(inputs: tuple[tuple[Tensor, ...], ...], network: Generate, exact: Generate) -> Expected:
    """`exact`: the same network in float64."""
    made = tuple(network(*given) for given in inputs)
    roundings = [
        (exact(first.double(), *labels) - images).abs().max()
        for (first, *labels), images in zip(inputs, made, strict=True)
    ]
    return Expected(inputs, made, float(torch.stack(roundings).max()))


def _draw_inputs(architecture: Architecture, count: int) -> tuple[Tensor, ...]:
    translates, shape = architecture.translates, input_shape(architecture)
    distribution = "uniform" if translates else architecture.latent_generator.latent_distribution
    first = draw_latents(count, math.prod(shape), distribution, seed=count).view(count, *shape)
    return (first, draw_labels(count, architecture.image.classes)) if architecture.conditional else (first,)


def _to_images(generator: Generator | Translators) -> Generate:
    return generator.forth if isinstance(generator, Translators) else generator


def _to_verdicts(discriminator: Callable[..., Verdict]) -> Generate:
    """Return what gives scores and class logits side by side: [n, 1 + classes]."""

    def judge(*given: Tensor) -> Tensor:
        verdict = discriminator(*given)
        logits = () if verdict.class_logits is None else (verdict.class_logits,)
        return torch.cat((verdict.score[:, None], *logits), dim=1)

    return judge


def _load_source(path: Path) -> Any:
    # Not imported as a module, which would leave a folder of compiled code in the bundle.
    return runpy.run_path(str(path))["load"]()


def _load_program(folder: Path) -> Generate:
    return torch.export.load(folder / PROGRAM_FILE).module()


def _load_onnx(folder: Path) -> Generate | None:
    try:
        from onnxruntime import InferenceSession
    except ImportError:
        return None
    session = InferenceSession(folder / ONNX_FILE)
    names = [given.name for given in session.get_inputs()]

    def generate(*inputs: Tensor) -> Tensor:
        feed: dict[str, Any] = {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)}
        return torch.from_numpy(session.run(None, feed)[0])

    return generate


LOADERS: dict[str, Callable[[Path], Generate | None]] = {
    WEIGHTS_FILE: lambda folder: _to_images(load_networks(folder)[1]),
    MODEL_FILE: lambda folder: _load_source(folder / MODEL_FILE),
    PROGRAM_FILE: _load_program,
    ONNX_FILE: _load_onnx,
    DISCRIMINATOR_FILE: lambda folder: _to_verdicts(load_folder_discriminator(folder)),
    DISCRIMINATOR_MODEL_FILE: lambda folder: _to_verdicts(_load_source(folder / DISCRIMINATOR_MODEL_FILE)),
}
