from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nas_gan.metrics.similarity import compute_class_similarity, compute_similarity, count_scales


def draw(count: int, seed: int, resolution: int = 16, channels: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    shape = (count, channels, resolution, resolution)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def test_small_images_get_the_scales_that_hold_the_window() -> None:
    sides = (1, 8, 21, 22, 28, 32, 44, 64, 128, 176, 512)
    assert [count_scales(side) for side in sides] == [1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**16), resolution=st.integers(1, 40), channels=st.sampled_from([1, 3]))
def test_equal_images_are_wholly_alike_and_others_less(seed: int, resolution: int, channels: int) -> None:
    left, right = draw(2, seed, resolution, channels), draw(2, seed + 1, resolution, channels)
    assert compute_similarity(left, left).tolist() == pytest.approx([1, 1])
    there, back = compute_similarity(left, right), compute_similarity(right, left)
    torch.testing.assert_close(there, back)
    # Two images of one pixel may be equal by chance.
    different = (left != right).flatten(1).any(1)
    assert (there >= 0).all()
    assert (there[different] < 1).all()


def test_one_of_two_classes_collapsed_is_half_alike() -> None:
    images, labels = draw(200, seed=0), torch.arange(200) % 2
    varied = compute_class_similarity(images, labels, seed=0)
    images[1::2] = images[1]
    collapsed = compute_class_similarity(images, labels, seed=0)
    assert varied is not None
    assert collapsed is not None
    assert varied < 0.1
    assert 0.5 < collapsed == pytest.approx((1 + varied) / 2, abs=0.02)


def test_without_labels_any_two_images_make_a_pair() -> None:
    images = draw(2, seed=0).repeat_interleave(50, dim=0)
    apart = compute_similarity(images[:1], images[-1:]).item()
    within = compute_class_similarity(images, torch.arange(100) // 50, seed=0)
    over_all = compute_class_similarity(images, None, seed=0)
    assert within == pytest.approx(1)
    assert over_all == pytest.approx((1 + apart) / 2, abs=0.06)


def test_the_pairs_are_those_of_the_seed_and_never_one_image_twice() -> None:
    images = draw(100, seed=1)
    first, again, other = (compute_class_similarity(images, None, seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other
    two = compute_class_similarity(images[:2], None, seed=0)
    assert two == pytest.approx(compute_similarity(images[:1], images[1:2]).item())


def test_a_class_of_one_image_is_left_out() -> None:
    images = draw(5, seed=2)
    kept = compute_class_similarity(images[:4], torch.tensor([0, 0, 0, 0]), seed=0)
    assert compute_class_similarity(images, torch.tensor([0, 0, 0, 0, 1]), seed=0) == pytest.approx(
        kept, rel=0.2
    )
    assert compute_class_similarity(images[:2], torch.tensor([0, 1]), seed=0) is None
    assert compute_class_similarity(images[:1], None, seed=0) is None
