"""What training asks of the layers that draw in training: any module with this method will do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
from torch import nn


@runtime_checkable
class Drawing(Protocol):
    """A layer that draws, such as dropout."""

    def draw_from(self, random: torch.Generator) -> None:
        """Draw from this generator from now on."""


def let_draw(network: nn.Module, random: torch.Generator) -> None:
    """Let all layers of the network that draw do so from one generator, whose state is the run's."""
    for module in network.modules():
        if isinstance(module, Drawing):
            module.draw_from(random)
