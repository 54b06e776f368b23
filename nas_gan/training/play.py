"""What a task is to the loop that trains it: players, an update of them, and all that the update remembers."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from nas_gan.training.state import State

STATISTICS = ("discriminator_loss", "generator_loss", "real_output", "generated_output")
"""What an update reports, in order. Outputs are batch means of sigmoid(score), from the discriminator's steps.

The discriminator's loss includes its penalty. Where scores are no logits (least squares, Wasserstein, Fisher),
the sigmoid is no probability: it tells which way they go, on a scale that fits in a plot.
"""


class Play(Protocol):
    """One update of all players a call. There are two tasks: `Update` generates, `TranslationUpdate` translates.

    Players are one module of what generates and one of what discriminates, however many networks are in each.
    """

    @property
    def scale_free(self) -> bool:
        """Whether scores are no logits: their order means something, and how large they are nothing."""

    def __call__(self) -> Tensor:
        """Take all steps of one update; return float32 `[4]`, see `STATISTICS`."""

    def gradient_norms(self) -> Tensor:
        """Return L2 norms of the last steps' gradients: float32 `[2]`, discriminators' and generators'."""

    def state(self) -> State:
        """Return all that the next update depends on."""

    def load_state(self, state: State) -> None:
        """Go on from there; raises ValueError where it is another run's."""


def gradient_norm(network: nn.Module) -> Tensor:
    """Return the L2 norm of all gradients of a network, a scalar."""
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    return torch.nn.utils.get_total_norm(gradients)
