"""The tasks of a run: what its networks are, what is scored of them, and what their samples show."""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeVar, final

import torch
from torch import Tensor, nn

from nas_gan.metrics.scores import Scores
from nas_gan.nets import Generator, Translators, build_networks, build_translation, draw_latents
from nas_gan.pictures.grid import grid_png
from nas_gan.pictures.scatter import scatter_png
from nas_gan.runs.latency import measure_latency
from nas_gan.runs.scoring import Resources, choose_labels, generate, score_generator
from nas_gan.runs.translation import draw_translation, score_translation
from nas_gan.spec import Architecture
from nas_gan.training import Precision

GRID_SIDE = 8

M = TypeVar("M", bound=nn.Module)


class Samples(NamedTuple):
    """Images that were made, uint8 [n, c, r, r] (points: float32), and a PNG that shows them.

    `example`: a PNG of one image that was translated; None where none was.
    """

    images: Tensor
    picture: bytes
    example: bytes | None = None


class Task(Protocol):
    """What a run asks of its task. `generating` is the module that `build` gives first, or its moving average."""

    def build(self, seed: int) -> tuple[nn.Module, nn.Module]:
        """Return all networks that generate, as one module, and all that discriminate."""

    def score(self, generating: nn.Module, *, full: bool) -> Scores:
        """Return scores under the protocol of the resources; `full`: also by those that take long."""

    def sample(self, generating: nn.Module) -> Samples:
        """Return the same noise, or the same images, at every scoring."""

    def time_one_image(self, generating: nn.Module) -> float:
        """Milliseconds from a latent, or an image of the origin, to one image."""


def choose_task(architecture: Architecture, resources: Resources, precision: Precision) -> Task:
    """Return the task of an architecture; `nas_gan.runs.resources.check_domains` says whether the data fits it."""
    kind = Translation if architecture.translates else Generation
    return kind(architecture, resources, precision)


@final
class Generation:
    """From latents to images."""

    def __init__(self, architecture: Architecture, resources: Resources, precision: Precision) -> None:
        self._architecture, self._resources, self._precision = architecture, resources, precision

    def build(self, seed: int) -> tuple[nn.Module, nn.Module]:
        return build_networks(self._architecture, seed)

    def score(self, generating: nn.Module, *, full: bool) -> Scores:
        generator = _is_a(Generator, generating)
        return score_generator(generator, self._architecture, self._resources, self._precision, full=full)

    def sample(self, generating: nn.Module) -> Samples:
        is_points, resources = self._architecture.image.is_points, self._resources
        # Of points, as many as the data has: they are drawn over it.
        count = len(resources.images) if is_points else GRID_SIDE**2
        generator = _is_a(Generator, generating)
        made = torch.cat(list(generate(generator, self._architecture, resources, count, self._precision)))
        return Samples(made, scatter_png(made, resources.images) if is_points else grid_png(made, GRID_SIDE))

    def time_one_image(self, generating: nn.Module) -> float:
        network, device = self._architecture.latent_generator, self._resources.device
        latent = draw_latents(1, network.latent_dim, network.latent_distribution, 0).to(device)
        labels = choose_labels(self._architecture, self._resources, 1)
        labels = None if labels is None else labels.to(device)
        return measure_latency(lambda: generating(latent, labels), device, self._precision)


@final
class Translation:
    """From images of the origin to images of the target, and back."""

    def __init__(self, architecture: Architecture, resources: Resources, precision: Precision) -> None:
        self._architecture, self._resources, self._precision = architecture, resources, precision

    def build(self, seed: int) -> tuple[nn.Module, nn.Module]:
        return build_translation(self._architecture, seed)

    def score(self, generating: nn.Module, *, full: bool) -> Scores:
        return score_translation(_is_a(Translators, generating), self._resources, self._precision, full=full)

    def sample(self, generating: nn.Module) -> Samples:
        return Samples(*draw_translation(_is_a(Translators, generating), self._resources, self._precision))

    def time_one_image(self, generating: nn.Module) -> float:
        image, device = self._architecture.image, self._resources.device
        one = torch.zeros(1, image.channels, image.resolution, image.resolution, device=device)
        forth = _is_a(Translators, generating).forth
        return measure_latency(lambda: forth(one), device, self._precision)


def _is_a(kind: type[M], module: nn.Module) -> M:
    if not isinstance(module, kind):
        raise TypeError(f"the trainer averages a {type(module).__name__}")
    return module
