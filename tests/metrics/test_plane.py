"""Scores of points, counted by hand."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.metrics.plane import (
    compute_modes_covered,
    compute_near_share,
    compute_transport_distance,
    count_near,
)
from nas_gan.metrics.plane_protocol import PlaneProtocol, PlaneRecipe
from nas_gan.metrics.plane_scorer import PlaneData, PlaneScorer, build_plane_scorer

# Two modes: the surroundings of (0, 0) and (1, 0), and those of (5, 0).
ANCHORS = torch.tensor([[[0.0, 0.0], [1.0, 0.0]], [[5.0, 0.0], [5.0, 0.0]]])
POINTS = torch.tensor([[0.1, 0.0], [1.2, 0.0], [0.5, 0.9], [5.0, 0.3], [4.0, 0.0], [9.0, 9.0]])
RECIPE = PlaneRecipe("small", sample_count=6, transport_points=4, covered_share=0.5)


def _scorer(recipe: PlaneRecipe = RECIPE) -> PlaneScorer:
    held_out = POINTS[:5].reshape(5, 2, 1, 1)
    return build_plane_scorer(recipe, PlaneData(held_out, ANCHORS, 0.4, "data"))


def test_points_are_counted_to_the_mode_they_are_near() -> None:
    assert count_near(POINTS, ANCHORS, 0.4).tolist() == [2, 1]
    assert count_near(POINTS, ANCHORS, 1.1).tolist() == [3, 2]
    assert count_near(POINTS[5:], ANCHORS, 1.1).tolist() == [0, 0]


@pytest.mark.parametrize(("share", "covered"), [(0.01, 2), (0.4, 1), (0.67, 0)])
def test_a_mode_is_covered_from_a_share_of_what_is_due_to_it(share: float, covered: int) -> None:
    """Of 6 points 3 are due to each of two modes, which got 2 and 1: two thirds and one third."""
    assert compute_modes_covered(torch.tensor([2, 1]), 6, share) == covered


def test_a_mode_without_points_is_never_covered() -> None:
    assert compute_modes_covered(torch.tensor([6, 0]), 6, 1e-3) == 1


def test_near_share_is_of_all_points() -> None:
    assert compute_near_share(torch.tensor([2, 1]), 6) == 0.5


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), shift=st.floats(-100, 100))
def test_transport_of_a_shift_is_its_length(seed: int, shift: float) -> None:
    points = torch.randn(20, 2, generator=torch.Generator().manual_seed(seed)).double()
    moved = points.flip(0) + torch.tensor([shift, 0.0], dtype=torch.float64)
    assert compute_transport_distance(points, moved) == pytest.approx(abs(shift), abs=1e-6)


def test_transport_takes_as_many_points_on_each_side() -> None:
    with pytest.raises(ValueError, match="not 6 and 5"):
        compute_transport_distance(POINTS, POINTS[:5])


def test_a_scorer_makes_all_scores() -> None:
    scores = _scorer().score(torch.split(POINTS.reshape(6, 2, 1, 1), 4))
    assert (scores.images, scores.modes_covered, scores.near_share) == (6, 1, 0.5)
    assert scores.transport_distance == 0.0
    assert scores.frechet_distance is None
    assert scores.protocol_fingerprint == _scorer().protocol.fingerprint()


def test_a_scorer_takes_the_protocols_number_of_points() -> None:
    with pytest.raises(ValueError, match="small takes 6 points, not 5"):
        _scorer().score([POINTS[:5].reshape(5, 2, 1, 1)])


def test_points_that_are_lost_count_as_far_away() -> None:
    lost = torch.full((6, 2, 1, 1), float("nan"))
    lost[0] = float("inf")
    scores = _scorer().score([lost])
    assert (scores.modes_covered, scores.near_share) == (0, 0.0)
    assert scores.transport_distance is not None
    assert 1e5 < scores.transport_distance < 1e7


def test_a_protocol_says_what_it_was_made_of() -> None:
    protocol = _scorer(replace(RECIPE, transport_points=1_000, seed=3)).protocol
    assert (protocol.transport_points, protocol.modes, protocol.mode_radius) == (5, 2, 0.4)
    assert (protocol.name, protocol.seed, protocol.reference_fingerprint) == ("small", 3, "data")


@pytest.mark.parametrize("name", [field.name for field in fields(PlaneProtocol)])
def test_every_field_counts(name: str) -> None:
    protocol = _scorer().protocol
    value = getattr(protocol, name)
    changes: dict[str, Any] = {name: f"{value}x" if isinstance(value, str) else value + 1}
    assert replace(protocol, **changes).fingerprint() != protocol.fingerprint()
