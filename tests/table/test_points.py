from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.space import FileSpace, load_space
from nas_gan.spec import Image, content_hash
from nas_gan.table.points import enumerate_points, fill_known, mutate

DIGITS = Image(channels=1, resolution=28, classes=10)
SMALL_DIGITS = Image(channels=1, resolution=14, classes=10)


def network(**holes: object) -> dict[str, object]:
    return {"generator": {"width": 4, "stages": {}, **holes}, "discriminator": {"width": 4, "stages": {}}}


def test_every_point_is_enumerated_once() -> None:
    space = load_space("small")
    points = [*enumerate_points(space, SMALL_DIGITS)]
    size = space.size(SMALL_DIGITS)
    assert size is not None
    assert len(points) == size.count
    assert len({content_hash(point.architecture) for point in points}) == size.count
    for point in points[::29]:
        assert (
            fill_known(space, SMALL_DIGITS, point.holes, random.Random(0)).architecture == point.architecture
        )


def test_holes_that_options_lead_to_are_enumerated_with_them() -> None:
    activation = {"choice": ["relu", {"kind": "leaky_relu", "slope": {"float": [0.1, 0.3], "step": 0.1}}]}
    tree = network(latent_dim={"int": [2, 6], "step": 2}, stages={"activation": activation})
    space = FileSpace.from_tree("x", tree, "x.toml")
    points = [*enumerate_points(space, Image(channels=1, resolution=8))]
    assert len(points) == 3 * (1 + 3)
    assert len({content_hash(point.architecture) for point in points}) == 12


def test_a_continuous_hole_cannot_be_enumerated() -> None:
    tree = {**network(), "optimisers": {"generator": {"learning_rate": {"float": [1e-4, 1e-3]}}}}
    space = FileSpace.from_tree("wide", tree, "wide.toml")
    with pytest.raises(InputError, match=r"wide: optimisers\.generator\.learning_rate is continuous"):
        next(enumerate_points(space, DIGITS))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_point_of_one_resolution_is_one_at_another(seed: int) -> None:
    space = load_space("resdense")
    large = fill_known(space, DIGITS, {}, random.Random(seed))
    small = fill_known(space, SMALL_DIGITS, large.holes, random.Random(1))
    for name, value in small.holes.items():
        if name in large.holes and not name.endswith((".stage", ".skip")):
            assert large.holes[name] == value
    assert fill_known(space, DIGITS, large.holes, random.Random(2)).architecture == large.architecture


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_mutant_differs_from_its_parent_in_some_holes(seed: int) -> None:
    space, generator = load_space("resdense"), random.Random(seed)
    parent = fill_known(space, DIGITS, {}, generator)
    mutant = mutate(space, DIGITS, parent.holes, random.Random(seed))
    shared = parent.holes.keys() & mutant.holes.keys()
    changed = [name for name in shared if parent.holes[name] != mutant.holes[name]]
    assert changed
    assert len(changed) <= len(parent.holes) // 2
    again = mutate(space, DIGITS, parent.holes, random.Random(seed))
    assert again.holes == mutant.holes


def test_most_mutants_change_one_or_two_holes() -> None:
    space, generator = load_space("resdense"), random.Random(0)
    parent = fill_known(space, DIGITS, {}, generator).holes
    counts = []
    for _ in range(300):
        mutant = mutate(space, DIGITS, parent, generator).holes
        counts.append(sum(mutant.get(name, value) != value for name, value in parent.items()))
    assert 0.5 < sum(count <= 2 for count in counts) / 300 < 0.8
    assert max(counts) > 10
