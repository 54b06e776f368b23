"""Everything random in a training run: real batches, latents and labels, from one explicit generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from nas_gan.spec.game import Game
from nas_gan.training.order import Order, load_random
from nas_gan.training.state import State


@final
@dataclass(frozen=True, eq=False)
class TrainingData:
    """Real images and their labels, int64 `[n]`, or None where there are none.

    Images are uint8 `[n, c, r, r]`, or else points of R^c, float32 `[n, c, 1, 1]`, whose values are what they
    are. `origin`: images of another domain, of the same kind and shape, for a translation from there. All tensors lie
    on the device that trains. Raises ValueError for tensors of another kind.
    """

    images: Tensor
    labels: Tensor | None
    origin: Tensor | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.images.shape, self.images.dtype
        is_points = dtype == torch.float32 and shape[2:] == (1, 1)
        if not (dtype == torch.uint8 or is_points) or len(shape) != 4 or len(self.images) == 0:
            kinds = "uint8 [n, c, r, r], or float32 [n, c, 1, 1] for points"
            raise ValueError(f"images must be {kinds}, not {dtype} {list(shape)}")
        origin = self.origin
        if origin is not None and (
            origin.dtype != dtype or origin.shape[1:] != shape[1:] or len(origin) == 0
        ):
            raise ValueError(
                f"origin must be {dtype} [n, {list(shape[1:])}], not {origin.dtype} {list(origin.shape)}"
            )
        if self.labels is None:
            return
        if self.labels.dtype != torch.int64 or self.labels.shape != shape[:1]:
            raise ValueError(
                f"labels must be int64 [{shape[0]}], not {self.labels.dtype} {list(self.labels.shape)}"
            )


def to_unit_range(images: Tensor) -> Tensor:
    """Map uint8 grey values 0..255 to float32 in [-1, 1]."""
    return images.to(torch.float32).div_(127.5).sub_(1.0)


@final
class Batches:
    """Draws batches on the device that holds the data, so that nothing is copied to it during training.

    All draws come from one `torch.Generator` there: the same seed gives the same batches, latents and labels.
    """

    def __init__(self, data: TrainingData, game: Game, seed: int) -> None:
        """Raise ValueError where the run needs labels and the data has none, or others than 0..classes-1."""
        self._images = data.images
        self._labels = _usable_labels(data, game.classes) if game.uses_labels else None
        self._game = game
        self._device = data.images.device
        self._random = torch.Generator(device=self._device).manual_seed(seed)
        self._order = Order(len(self._images), self._random)

    @property
    def device(self) -> torch.device:
        """Where the data lies, and all that is drawn."""
        return self._device

    @property
    def random(self) -> torch.Generator:
        """Where all draws come from, for what else is random in an update."""
        return self._random

    def real(self) -> tuple[Tensor, Tensor | None]:
        """Draw the next `batch_size` real images and labels: float `[n, c, r, r]` in [-1, 1], points as they are.

        Every image is seen equally often. No labels where nothing asks for them.
        """
        chosen = self._order.take(self._game.training.batch_size)
        labels = None if self._labels is None else self._labels.index_select(0, chosen)
        images = self._images.index_select(0, chosen)
        return to_unit_range(images) if images.dtype == torch.uint8 else images, labels

    def latent(self, count: int) -> Tensor:
        """Draw float `[count, latent_dim]`: standard normal, or uniform in [-1, 1)."""
        latent = torch.empty(count, self._game.latent_dim, device=self._device)
        if self._game.latent_distribution == "uniform":
            return latent.uniform_(-1.0, 1.0, generator=self._random)
        return latent.normal_(generator=self._random)

    def labels(self, count: int) -> Tensor | None:
        """Draw int64 `[count]` labels to make images for; None in an unconditional run.

        They are labels of randomly chosen training images, hence distributed as in the data. Uniform labels
        would tell the discriminator which images are generated wherever the classes are unbalanced.
        """
        if self._labels is None or not self._game.conditional:
            return None
        chosen = torch.randint(len(self._labels), (count,), generator=self._random, device=self._device)
        return self._labels.index_select(0, chosen)

    def state(self) -> State:
        """Return the random state, and which images the present epoch has left."""
        return State(
            {"random": self._random.get_state(), "order": self._order.left}, {"device": self._device.type}
        )

    def load_state(self, state: State) -> None:
        """Go on drawing from there, see `load_random`; raises ValueError where other images were drawn."""
        self._order.load(state.tensors["order"])
        load_random(self._random, state.tensors["random"], state.facts["device"])


def _usable_labels(data: TrainingData, classes: int) -> Tensor:
    if data.labels is None:
        raise ValueError("a conditional or auxiliary objective needs labels, and the data has none")
    lowest, highest = int(data.labels.min()), int(data.labels.max())
    if lowest < 0 or highest >= classes:
        raise ValueError(f"labels go from {lowest} to {highest}, and there are {classes} classes")
    return data.labels
