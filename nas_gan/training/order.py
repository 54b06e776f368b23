"""In which order images are shown, and the random state of a run, kept and put back."""

from __future__ import annotations

import hashlib
from typing import final

import torch
from torch import Tensor


@final
class Order:
    """Epochs of `count` images, each a fresh permutation from one generator, cut into batches of any size.

    A batch may end one epoch and begin the next: every image is shown equally often, and fewer images than a batch
    takes work too.
    """

    def __init__(self, count: int, random: torch.Generator) -> None:
        self._count = count
        self._random = random
        self.left = torch.empty(0, dtype=torch.int64, device=random.device)

    def take(self, size: int) -> Tensor:
        """Return the next images' numbers, int64 `[size]`."""
        while len(self.left) < size:
            epoch = torch.randperm(self._count, generator=self._random, device=self._random.device)
            self.left = torch.cat([self.left, epoch])
        chosen, self.left = self.left[:size], self.left[size:]
        return chosen

    def load(self, left: Tensor) -> None:
        """Go on with what an epoch had left; raises ValueError where it is of other images."""
        if len(left) and not 0 <= int(left.min()) <= int(left.max()) < self._count:
            raise ValueError(f"an order of other images than these {self._count}")
        self.left = left.to(self._random.device)


def load_random(random: torch.Generator, state: Tensor, device: str) -> None:
    """Go on drawing from a state that was drawn on this type of device.

    What was drawn on another one goes on with other draws, whose seed is the state's hash: no random state fits both.
    """
    state = state.cpu()
    if device == random.device.type:
        random.set_state(state)
    else:
        digest = hashlib.sha256(state.numpy().tobytes()).digest()
        random.manual_seed(int.from_bytes(digest[:4], "big"))
