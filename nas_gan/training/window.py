"""The last few updates' statistics, kept on the training device until they are read in one go.

Reading a number from a GPU makes the program wait for it, so that happens once a window and not once an
update.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from nas_gan.training.play import STATISTICS
from nas_gan.training.state import State, put

WINDOW_UPDATES = 50


@final
class Window:
    """Collects up to `WINDOW_UPDATES` rows of numbers, and the seconds that went into them."""

    def __init__(self, device: torch.device, columns: int = len(STATISTICS)) -> None:
        self._rows = torch.empty(WINDOW_UPDATES, columns, device=device)
        self.updates = 0
        self.seconds = 0.0

    @property
    def is_full(self) -> bool:
        return self.updates == WINDOW_UPDATES

    def add(self, row: Tensor) -> None:
        """Keep one update's numbers, float32 `[columns]`."""
        self._rows[self.updates] = row
        self.updates += 1

    def read(self) -> Tensor:
        """Return all rows since the last clearing: float64 `[updates, columns]` on the CPU. Waits for the device."""
        return self._rows[: self.updates].to("cpu", torch.float64)

    def clear(self) -> None:
        self.updates = 0
        self.seconds = 0.0

    def state(self) -> State:
        """Return the rows since the last clearing."""
        return State({"rows": self._rows[: self.updates]}, {"seconds": self.seconds})

    def load_state(self, state: State) -> None:
        """Go on with these rows."""
        rows = state.tensors["rows"]
        self.updates, self.seconds = len(rows), state.facts["seconds"]
        put(self._rows[: self.updates], rows, "rows of statistics")
