from __future__ import annotations

import pytest
import torch

from nas_gan.metrics.views import draw_views


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 33)])
def test_views_keep_the_shape(channels: int, side: int) -> None:
    images = torch.randint(0, 256, (5, channels, side, side), dtype=torch.uint8)
    views = draw_views(images, torch.Generator().manual_seed(0))
    assert (views.shape, views.dtype) == (images.shape, torch.float32)
    assert views.is_contiguous(memory_format=torch.channels_last)
    assert bool(views.isfinite().all())


def test_the_same_seed_draws_the_same_views() -> None:
    images = torch.randint(0, 256, (4, 1, 12, 12), dtype=torch.uint8)
    first, again = (draw_views(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, draw_views(images, torch.Generator().manual_seed(4)))


def test_each_image_gets_a_view_of_its_own() -> None:
    """A dot in the middle moves by a tenth of the side at most, and not to the same place everywhere."""
    images = torch.zeros(200, 1, 40, 40, dtype=torch.uint8)
    images[:, :, 19:21, 19:21] = 255
    views = draw_views(images, torch.Generator().manual_seed(0))
    # Noise reaches at most a few tenths of the range, and the dot is the brightest there is.
    places = views.flatten(1).argmax(1)
    rows, columns = places // 40 - 19.5, places % 40 - 19.5
    assert len(set(rows.tolist())) > 4
    assert len(set(columns.tolist())) > 4
    assert rows.abs().median() <= 4
    assert columns.abs().median() <= 4


def test_colours_keep_their_balance() -> None:
    """A grey image of three channels stays grey but for the noise."""
    images = torch.full((300, 3, 8, 8), 120, dtype=torch.uint8)
    means = draw_views(images, torch.Generator().manual_seed(0)).mean((0, 2, 3))
    assert (means - means.mean()).abs().max() < 1
    assert means.mean() == pytest.approx(120, abs=5)
