"""The generator that is scored: an exponential moving average of the one that is trained."""

from __future__ import annotations

import copy
from typing import final

import torch
from torch import Tensor, nn

from nas_gan.training.state import State, load_network_state, network_state


@final
class MovingAverage:
    """Average over training of a generator's weights (Yazıcı et al. 2019, arXiv 1806.04498).

    After update t = 1, 2, ...: average ← d·average + (1 - d)·live with d = min(decay, (1 + t) / (10 + t)),
    the warm-up of TensorFlow's ExponentialMovingAverage: early on, when the live weights improve quickly, the
    average forgets quickly.

    Running statistics of normalisation layers are averaged like weights. All other buffers are copied from
    the live generator: counters can't be averaged, and unit vectors, as spectral normalisation keeps, don't
    stay unit vectors.
    """

    def __init__(self, live: nn.Module, decay: float) -> None:
        self.module = copy.deepcopy(live).requires_grad_(False).eval()
        self._decay = decay
        self._updates = 0
        self._averaged, self._copied = _pairs(self.module, live)

    @torch.no_grad()
    def update(self) -> None:
        """Take in the live generator's present weights."""
        self._updates += 1
        decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
        averages, lives = self._averaged
        torch._foreach_lerp_(averages, lives, 1.0 - decay)
        for average, live in zip(*self._copied, strict=True):
            average.copy_(live)

    def state(self) -> State:
        """Return the average, and how many updates it is of."""
        return State(network_state(self.module).tensors, {"updates": self._updates})

    def load_state(self, state: State) -> None:
        """Go on averaging from there; raises ValueError where it is another network's."""
        load_network_state(self.module, state, "moving average")
        self._updates = state.facts["updates"]


_Pairs = tuple[list[Tensor], list[Tensor]]


def _pairs(average: nn.Module, live: nn.Module) -> tuple[_Pairs, _Pairs]:
    """Return tensors to average and tensors to copy, each as parallel lists (average's, live's)."""
    averaged: _Pairs = (list(average.parameters()), list(live.parameters()))
    copied: _Pairs = ([], [])
    for (name, mean), buffer in zip(average.named_buffers(), live.buffers(), strict=True):
        is_running_statistic = name.rpartition(".")[2].startswith("running_") and mean.is_floating_point()
        target = averaged if is_running_statistic else copied
        target[0].append(mean)
        target[1].append(buffer)
    return averaged, copied
