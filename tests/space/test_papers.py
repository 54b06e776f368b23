"""The spaces of papers contain what the papers built: every reference architecture is a point of its space."""

from __future__ import annotations

import random

import pytest

from nas_gan.space import FixedSuggest, NotAPoint, bundled_spaces, load_space, sample
from nas_gan.space.space import FileSpace
from nas_gan.spec import Architecture, Image

SPACE_OF = {
    "cyclegan": "cycle",
    "dogan": "conditional",
    "thesis_cifar": "depth",
    "thesis_mnist": "depth",
    "thesis_plane": "plane",
    "tripathi": "fisher_dense",
    "yamazaki": "depth",
    "zhang_cgan": "mlp",
    "zhang_dcgan": "dcgan",
    "zhang_gan": "mlp",
}
REFERENCES = [name for name in bundled_spaces() if name.startswith("reference/")]


def space_of(reference: str) -> str:
    """The space that a reference belongs to; one without a space is a KeyError."""
    stem = reference.removeprefix("reference/")
    return {prefix: space for prefix, space in SPACE_OF.items() if stem.startswith(prefix)}.popitem()[1]


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_space_contains_its_papers(reference: str) -> None:
    space, architecture = load_space(space_of(reference)), _load(reference)
    found = space.locate(architecture)
    assert not isinstance(found, NotAPoint), found
    assert space.fill(FixedSuggest(found), architecture.image) == architecture


def test_every_space_has_its_references() -> None:
    assert {space_of(reference) for reference in REFERENCES} == set(SPACE_OF.values())


def _load(reference: str) -> Architecture:
    space = load_space(reference)
    assert isinstance(space, FileSpace)
    return sample(space, Image(**space.content.image), random.Random(0))
