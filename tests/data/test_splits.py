"""Laws of the splits: a partition, stratified, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.data.splits import allocate, pick_stratified, split_held_out

class_sizes = st.lists(st.integers(2, 60), min_size=1, max_size=8)


def shuffled_groups(sizes: list[int], seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    groups = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    return np.random.default_rng(seed).permutation(groups)


@settings(deadline=None, max_examples=100)
@given(class_sizes, st.integers(0, 99))
def test_held_out_split_is_a_partition_with_every_class_on_both_sides(sizes: list[int], seed: int) -> None:
    groups = shuffled_groups(sizes, seed)
    train, held_out = split_held_out(groups)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, held_out])), np.arange(len(groups)))
    classes = set(range(len(sizes)))
    assert set(groups[train]) == set(groups[held_out]) == classes
    assert (np.diff(train) > 0).all()
    assert (np.diff(held_out) > 0).all()


@settings(deadline=None, max_examples=30)
@given(class_sizes, st.integers(0, 99))
def test_split_is_deterministic(sizes: list[int], seed: int) -> None:
    groups = shuffled_groups(sizes, seed)
    first, second = split_held_out(groups), split_held_out(groups)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 8), st.integers(2, 40), st.data())
def test_equal_classes_give_equal_parts(classes: int, size: int, data: st.DataObject) -> None:
    per_class = data.draw(st.integers(1, size))
    picked = pick_stratified(shuffled_groups([size] * classes, 0), per_class * classes)
    groups = shuffled_groups([size] * classes, 0)
    assert np.bincount(groups[picked]).tolist() == [per_class] * classes


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=10), st.data())
def test_shares_sum_to_the_total_within_capacity_and_proportion(
    capacities: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(len(capacities), sum(capacities)))
    shares = allocate(np.array(capacities), total)
    assert shares.sum() == total
    assert (shares >= 1).all()
    assert (shares <= capacities).all()
    order = np.argsort(capacities, kind="stable")
    assert (np.diff(shares[order]) >= -1).all()  # no larger class gets less, but for a tie in rounding


@pytest.mark.parametrize(("capacities", "total"), [([3, 3], 1), ([3, 3], 7), ([3, 0], 3)])
def test_impossible_shares_are_refused(capacities: list[int], total: int) -> None:
    with pytest.raises(ValueError, match="cannot share"):
        allocate(np.array(capacities), total)


def test_a_fifth_is_held_out_and_at_most_ten_thousand() -> None:
    assert len(split_held_out(np.zeros(1000, np.int64))[1]) == 200
    assert len(split_held_out(np.zeros(80_000, np.int64))[1]) == 10_000


def test_split_does_not_follow_the_order_of_the_images() -> None:
    _, held_out = split_held_out(np.zeros(1000, np.int64))
    assert 350 < held_out.mean() < 650
