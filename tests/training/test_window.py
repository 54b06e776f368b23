"""A window gives back what was put in since it was last cleared."""

from __future__ import annotations

import torch

from nas_gan.training.window import WINDOW_UPDATES, Window


def test_rows_come_back_in_order_until_the_window_is_cleared() -> None:
    window = Window(torch.device("cpu"))
    for update in range(WINDOW_UPDATES):
        assert not window.is_full
        window.add(torch.full((4,), float(update)))
    assert window.is_full
    assert window.read()[:, 2].tolist() == list(range(WINDOW_UPDATES))
    window.clear()
    window.add(torch.arange(4.0))
    rows = window.read()
    assert rows.dtype == torch.float64
    assert rows.tolist() == [[0.0, 1.0, 2.0, 3.0]]
