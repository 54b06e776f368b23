"""Loading each form of a generator again, and comparing its images with the generator's own."""

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
"""From latents and, if conditional, labels to images; of a discriminator, from images and labels to `_judged`."""


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
    forth = generator.forth if isinstance(generator, Translators) else generator
    images = tuple(forth(*given) for given in inputs)
    exact = plain_module(architecture, generator).double()
    roundings = [
        (exact(latents.double(), *labels) - made).abs().max()
        for (latents, *labels), made in zip(inputs, images, strict=True)
    ]
    return Expected(inputs, images, float(torch.stack(roundings).max()))


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
    verdicts = tuple(_judged(discriminator(*given)) for given in inputs)
    exact = plain_discriminator(architecture, discriminator).double()
    roundings = [
        (_judged(exact(images.double(), labels)) - made).abs().max()
        for (images, labels), made in zip(inputs, verdicts, strict=True)
    ]
    return Expected(inputs, verdicts, float(torch.stack(roundings).max()))


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


def _draw_inputs(architecture: Architecture, count: int) -> tuple[Tensor, ...]:
    if architecture.translates:
        return (
            draw_latents(count, math.prod(input_shape(architecture)), "uniform", seed=count).view(
                count, *input_shape(architecture)
            ),
        )
    spec = architecture.latent_generator
    latents = draw_latents(count, spec.latent_dim, spec.latent_distribution, seed=count)
    return (
        (latents, draw_labels(count, architecture.image.classes)) if architecture.conditional else (latents,)
    )


def _load_weights(folder: Path) -> Generate:
    generator = load_networks(folder)[1]
    return generator.forth if isinstance(generator, Translators) else generator


def _load_model(folder: Path) -> Generate:
    # Not imported as a module, which would leave a folder of compiled code in the bundle.
    load: Callable[[], Generate] = runpy.run_path(str(folder / MODEL_FILE))["load"]
    return load()


def _load_discriminator(folder: Path) -> Generate:
    discriminator = load_folder_discriminator(folder)
    return lambda *given: _judged(discriminator(*given))


def _load_discriminator_model(folder: Path) -> Generate:
    discriminator = runpy.run_path(str(folder / DISCRIMINATOR_MODEL_FILE))["load"]()
    return lambda *given: _judged(discriminator(*given))


def _judged(verdict: Verdict) -> Tensor:
    """Return scores and class logits side by side: [n, 1 + classes]."""
    logits = () if verdict.class_logits is None else (verdict.class_logits,)
    return torch.cat((verdict.score[:, None], *logits), dim=1)


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
    WEIGHTS_FILE: _load_weights,
    MODEL_FILE: _load_model,
    PROGRAM_FILE: _load_program,
    ONNX_FILE: _load_onnx,
    DISCRIMINATOR_FILE: _load_discriminator,
    DISCRIMINATOR_MODEL_FILE: _load_discriminator_model,
}
