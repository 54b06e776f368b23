"""Points of the plane: how many, where, and the same every time."""

from __future__ import annotations

import math

import pytest
import torch

from nas_gan.data import DataConfig, Dataset, ImageSet, Modes, load_dataset
from nas_gan.errors import InputError

NAMES = ("swiss_roll", "eight_gaussians")


def _modes_of(dataset: Dataset) -> Modes:
    assert dataset.modes is not None
    return dataset.modes


@pytest.mark.parametrize("name", NAMES)
def test_facts(name: str) -> None:
    plane = load_dataset(DataConfig(name))
    assert plane.name == plane.source == name
    assert plane.train.images.shape == plane.held_out.images.shape == (10_000, 2, 1, 1)
    assert plane.train.images.dtype == torch.float32
    assert (plane.is_points, plane.channels, plane.resolution, plane.classes) == (True, 2, 1, 0)
    assert plane.train.labels is None
    assert not torch.equal(plane.train.images, plane.held_out.images)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits_every_time_by_either_spelling(name: str) -> None:
    first, again = load_dataset(DataConfig(name)), load_dataset(DataConfig(name.replace("_", "-")))
    assert torch.equal(first.train.images, again.train.images)
    assert first.fingerprint == again.fingerprint
    assert first.name == again.name


@pytest.mark.parametrize("name", NAMES)
def test_centred_at_the_origin(name: str) -> None:
    plane = load_dataset(DataConfig(name))
    points = torch.cat([plane.train.images, plane.held_out.images]).flatten(1)
    error = points.std(0) / math.sqrt(len(points))
    assert (points.mean(0).abs() < 4 * error).all()


def test_the_roll_is_as_scikit_learn_draws_it() -> None:
    """A noise-free point at an angle t lies at a distance t from the roll's pole; t is uniform in 1.5π to 4.5π."""
    plane = load_dataset(DataConfig("swiss_roll"))
    from_pole = plane.train.images.flatten(1) + torch.tensor([2.0, 2 / (3 * math.pi)])
    angles = from_pole.norm(dim=1)
    # Across the curve, noise is what is left of a point after the nearest turn's radius is taken off.
    turn = torch.atan2(from_pole[:, 1], from_pole[:, 0])
    across = (angles - turn + math.pi).remainder(2 * math.pi) - math.pi
    assert float(across.std()) == pytest.approx(0.2, rel=0.05)
    quarters = torch.tensor([0.25, 0.5, 0.75])
    assert torch.allclose(angles.quantile(quarters) / math.pi, 1.5 + 3 * quarters, atol=0.05)


def test_the_gaussians_lie_on_a_circle() -> None:
    plane = load_dataset(DataConfig("eight_gaussians"))
    points = plane.train.images.flatten(1)
    modes = _modes_of(plane)
    centres = modes.anchors[:, 0]
    assert torch.allclose(centres.norm(dim=1), torch.full((8,), 2.0))
    distances, nearest = torch.cdist(points, centres).min(dim=1)
    assert torch.bincount(nearest).tolist() == pytest.approx([1250] * 8, rel=0.1)
    assert float(distances.square().mean().sqrt()) == pytest.approx(0.02 * math.sqrt(2), rel=0.03)
    assert modes.radius == pytest.approx(0.06)


@pytest.mark.parametrize(
    ("name", "modes", "near"), [("swiss_roll", 40, 0.997), ("eight_gaussians", 8, 0.989)]
)
def test_the_data_lies_near_its_modes_in_equal_shares(name: str, modes: int, near: float) -> None:
    plane = load_dataset(DataConfig(name))
    anchors = _modes_of(plane).anchors
    assert anchors.shape[0] == modes
    distances, nearest = torch.cdist(plane.train.images.flatten(1), anchors.flatten(0, 1)).min(dim=1)
    is_near = distances <= _modes_of(plane).radius
    assert float(is_near.float().mean()) == pytest.approx(near, abs=0.004)
    counts = torch.bincount(nearest[is_near] // anchors.shape[1], minlength=modes)
    assert counts.min() > 0.7 * 10_000 / modes
    assert counts.max() < 1.3 * 10_000 / modes


def test_a_limit_keeps_the_first_points_and_all_held_out() -> None:
    whole, part = load_dataset(DataConfig("swiss_roll")), load_dataset(DataConfig("swiss_roll", limit=100))
    assert torch.equal(part.train.images, whole.train.images[:100])
    assert torch.equal(part.held_out.images, whole.held_out.images)
    assert part.fingerprint != whole.fingerprint


def test_points_have_no_resolution() -> None:
    with pytest.raises(InputError, match=r"resolution 32: swiss-roll has points, not images; leave it out"):
        load_dataset(DataConfig("swiss-roll", resolution=32))


def test_a_set_takes_floats_as_points_alone() -> None:
    assert ImageSet(torch.zeros(4, 2, 1, 1), None).is_points
    assert not ImageSet(torch.zeros(4, 2, 1, 1, dtype=torch.uint8), None).is_points
    with pytest.raises(ValueError, match="must be"):
        ImageSet(torch.zeros(4, 2, 1, 1, dtype=torch.float64), None)
