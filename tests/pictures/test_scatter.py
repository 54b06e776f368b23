"""The drawing of points over the data."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from nas_gan.pictures.scatter import DATA_COLOUR, SIDE, draw_scatter, scatter_png, window_of

CORNERS = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])


def _pixels(points: Tensor) -> NDArray[np.int64]:
    return np.asarray(draw_scatter(points, CORNERS)).astype(np.int64)


def _coloured(pixels: NDArray[np.int64]) -> NDArray[np.intp]:
    """Rows and columns of pixels that are neither white nor grey."""
    return np.argwhere(np.ptp(pixels, axis=2) > 30)


def test_the_window_is_square_and_holds_the_data() -> None:
    window = window_of(CORNERS)
    assert (window.x, window.y, window.half) == pytest.approx((2.0, 1.0, 4 * 0.65))


def test_a_point_is_drawn_where_it_lies() -> None:
    """The window reaches from -0.6 to 4.6 and from -1.6 to 3.6, and its second axis goes up."""
    places = _coloured(_pixels(torch.tensor([[3.3, 2.3]])))
    row, column = places.mean(axis=0)
    assert column / SIDE == pytest.approx((3.3 + 0.6) / 5.2, abs=0.01)
    assert row / SIDE == pytest.approx((3.6 - 2.3) / 5.2, abs=0.01)
    assert len(places) < 40


def test_the_data_is_grey_and_points_lie_over_it() -> None:
    nothing = torch.empty(0, 2)
    assert (_pixels(nothing) == DATA_COLOUR).all(axis=2).any()
    assert len(_coloured(_pixels(nothing))) == 0
    assert len(_coloured(_pixels(CORNERS))) > 0


def test_points_outside_or_not_finite_are_left_out() -> None:
    lost = torch.tensor([[1e9, 0.0], [float("nan"), 1.0], [0.0, float("inf")]])
    assert np.array_equal(_pixels(lost), _pixels(torch.empty(0, 2)))


def test_a_png_of_points_as_they_are_trained_on() -> None:
    picture = Image.open(io.BytesIO(scatter_png(CORNERS.reshape(4, 2, 1, 1), CORNERS.reshape(4, 2, 1, 1))))
    assert (picture.format, picture.size) == ("PNG", (SIDE, SIDE))
