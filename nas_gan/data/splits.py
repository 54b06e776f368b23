"""Which images are held out, and which a limit keeps: seeded, and every class in proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

SPLIT_SEED = 0
HELD_OUT_SHARE = 0.2
MAXIMUM_HELD_OUT = 10_000  # as many as MNIST's and CIFAR-10's own test sets


def split_held_out(groups: Indices) -> tuple[Indices, Indices]:
    """Return ascending indices of training and held-out images; together they are all of `groups`.

    groups: class of each image, int64 `[count]`; zeros when unlabelled. Every class holds at least 2 images,
        and gives at least one to each side. 20 % are held out, at most 10,000 (or one a class, if that is
        more).
    """
    classes = int(groups.max()) + 1
    wanted = min(round(HELD_OUT_SHARE * len(groups)), MAXIMUM_HELD_OUT)
    total = min(max(wanted, classes), len(groups) - classes)
    held_out = pick_stratified(groups, total, spare=1)
    return np.setdiff1d(np.arange(len(groups)), held_out), held_out


def pick_stratified(groups: Indices, total: int, spare: int = 0) -> Indices:
    """Return `total` ascending indices, at least one a class, leaving at least `spare` of each class.

    Each image draws a uniform key from a fixed seed, and each class gives those with its smallest keys: the
    raw uniform stream is the part of a numpy generator least likely to change from one release to the next.
    """
    shares = allocate(np.bincount(groups) - spare, total)
    keys = np.random.Generator(np.random.PCG64(SPLIT_SEED)).random(len(groups))
    order = np.lexsort((keys, groups))
    ordered_groups = groups[order]
    first_of_class = np.searchsorted(ordered_groups, ordered_groups)
    rank_in_class = np.arange(len(groups)) - first_of_class
    return np.sort(order[rank_in_class < shares[ordered_groups]])


def allocate(capacities: Indices, total: int) -> Indices:
    """Share `total` among classes in proportion to `capacities`, at least 1 and at most its capacity for
    each.

    After one for each, the rest goes by largest remainders, ties to the first; the shares sum to `total`
    exactly. Raises ValueError if there is no such sharing.
    """
    if capacities.min() < 1 or not len(capacities) <= total <= capacities.sum():
        raise ValueError(f"cannot share {total} among classes of {capacities.tolist()}")
    room = capacities - 1
    rest = total - len(capacities)
    whole, remainder = np.divmod(rest * room, max(int(room.sum()), 1))
    missing = rest - int(whole.sum())
    whole[np.argsort(-remainder, kind="stable")[:missing]] += 1
    return whole + 1
