"""Scores of points: how many modes they cover, how many lie near one, and how far they are from real ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def count_near(points: Tensor, anchors: Tensor, radius: float) -> Tensor:
    """Say how many of the points [n, d] lie near each mode, int64 [modes], of anchors [modes, anchors, d].

    A point belongs to the mode of the anchor that is nearest to it, and is near if that is within `radius`.
    """
    modes, anchors_a_mode, dimensions = anchors.shape
    distances = torch.cdist(
        points.double(),
        anchors.reshape(-1, dimensions).double(),
        compute_mode="donot_use_mm_for_euclid_dist",  # the other way is wrong in the last digits
    )
    nearest = distances.min(dim=1)
    mode = nearest.indices[nearest.values <= radius] // anchors_a_mode
    return torch.bincount(mode, minlength=modes)


def compute_modes_covered(near: Tensor, points: int, share: float) -> int:
    """Say how many modes have, of `near` int64 [modes] points, at least `share` of an equal part of all `points`."""
    return int((near >= share * points / len(near)).sum())


def compute_near_share(near: Tensor, points: int) -> float:
    """Return the share of all `points` that are near any mode, in [0, 1]."""
    return float(near.sum()) / points


def compute_transport_distance(points: Tensor, real: Tensor) -> float:
    """Return the 2-Wasserstein distance between two sets of as many points [n, d], in the data's units; at least 0.

    The root of the mean squared distance that the points move when each is matched to another real one such
    that this is least. It is exact, by the Hungarian method, and takes about n³. ValueError for sets of
    different sizes, or with values that aren't finite.
    """
    if points.shape != real.shape:
        raise ValueError(f"transport takes as many points on each side, not {len(points)} and {len(real)}")
    from scipy.optimize import (
        linear_sum_assignment,
    )  # which takes half a second to import, and images don't need

    squares = (points.double()[:, None] - real.double()[None]).square().sum(dim=-1).cpu().numpy()
    rows, columns = linear_sum_assignment(squares)
    return math.sqrt(float(squares[rows, columns].mean()))
