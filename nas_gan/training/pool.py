"""Translated images of the past, so that a discriminator doesn't forget what it has seen (Shrivastava et al. 2017)."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from nas_gan.training.state import State


@final
class ImagePool:
    """Keeps up to `size` images. Random numbers are drawn on the CPU, the same on every device.

    Until the pool is full an image is stored and passed on. Then, with probability ½, a stored one is passed on and
    the new one takes its place; otherwise the new one is.
    """

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._images: list[Tensor] = []
        self._random = torch.Generator().manual_seed(seed)

    def exchange(self, images: Tensor) -> Tensor:
        """Take images [n, c, r, r] and return as many, one after the other; those kept carry no gradient."""
        if self._size == 0:
            return images.detach()
        return torch.stack([self._exchange(image) for image in images.detach()])

    def state(self) -> State:
        """Return the images and the random state."""
        images = {"images": torch.stack(self._images)} if self._images else {}
        return State({"random": self._random.get_state(), **images})

    def load_state(self, state: State) -> None:
        """Go on from there; raises ValueError for more images than the pool holds."""
        images = state.tensors.get("images", torch.empty(0))
        if len(images) > self._size:
            raise ValueError(f"a pool of {len(images)} images, and this one holds {self._size}")
        self._images = list(images)
        self._random.set_state(state.tensors["random"].cpu())

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self._images) < self._size:
            self._images.append(image.clone())
            return image
        if float(torch.rand((), generator=self._random)) < 0.5:
            return image
        place = int(torch.randint(self._size, (), generator=self._random))
        old = self._images[place].to(image.device)
        self._images[place] = image.clone()
        return old
