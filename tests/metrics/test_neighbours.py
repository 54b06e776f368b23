from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nas_gan.metrics import neighbours
from nas_gan.metrics.neighbours import find_neighbours


def draw(count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 3, 4, 4), dtype=torch.uint8, generator=generator)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**16), chunk=st.integers(1, 40), count=st.integers(1, 20))
def test_they_are_those_of_a_search_through_all(seed: int, chunk: int, count: int) -> None:
    queries, images = draw(5, seed), draw(30, seed + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "IMAGES_AT_ONCE", chunk)
        found = find_neighbours(queries, images, count)
    differences = queries[:, None].numpy().astype(np.int64) - images[None].numpy().astype(np.int64)
    distances = np.sqrt((differences**2).reshape(5, 30, -1).sum(2)) / 255
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    assert found.places.tolist() == order.tolist()
    np.testing.assert_allclose(found.distances, np.take_along_axis(distances, order, 1), rtol=1e-14)


def test_a_copy_is_at_distance_zero_and_black_far_from_white() -> None:
    images = draw(6, seed=0)
    copies = find_neighbours(images[[4, 2]], images, 1)
    assert copies.places.tolist() == [[4], [2]]
    assert copies.distances.tolist() == [[0], [0]]
    black, white = (
        torch.zeros(1, 1, 5, 5, dtype=torch.uint8),
        torch.full((1, 1, 5, 5), 255, dtype=torch.uint8),
    )
    assert find_neighbours(black, white, 1).distances.item() == pytest.approx(5)


@pytest.mark.parametrize("count", [0, 7])
def test_there_are_no_more_neighbours_than_images(count: int) -> None:
    with pytest.raises(ValueError, match="among 6 images"):
        find_neighbours(draw(1, 0), draw(6, 1), count)
