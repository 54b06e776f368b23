"""What a task is to the loop that trains it: players, an update of them, and all that the update remembers."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from nas_gan.training.state import State


class Play(Protocol):
    """One update of all players a call. There are two tasks: `Update` generates, `TranslationUpdate` translates.

    Players are one module of what generates and one of what discriminates, however many networks are in each.
    """

    @property
    def scale_free(self) -> bool:
        """Whether scores are no logits: their order means something, and how large they are nothing."""

    def __call__(self) -> Tensor:
        """Take all steps of one update; return float32 `[4]`, see `nas_gan.training.update.STATISTICS`."""

    def gradient_norms(self) -> Tensor:
        """Return L2 norms of the last steps' gradients: float32 `[2]`, discriminators' and generators'."""

    def state(self) -> State:
        """Return all that the next update depends on."""

    def load_state(self, state: State) -> None:
        """Go on from there; raises ValueError where it is another run's."""
