"""Spaces are sampled, counted and asked without an image at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

import nas_gan
from nas_gan.space import FixedSuggest, NotAPoint
from nas_gan.spec import Image

MINE = """
[image]
resolution = 32
channels = 3

[generator]
latent_dim = 4
width = { int = [4, 8] }
[generator.stages]
depth = 1

[discriminator]
width = 4
[discriminator.stages]
depth = 1
"""


def test_a_sample_is_found_again_at_a_point_that_fills_to_it() -> None:
    space = nas_gan.load_space("tiny")
    architecture = space.sample(seed=3)
    assert architecture == space.sample(seed=3)
    assert architecture != space.sample(seed=4)
    point = space.locate(architecture)
    assert not isinstance(point, NotAPoint)
    assert space.inner.fill(FixedSuggest(point), architecture.image) == architecture


def test_what_is_no_point_says_where_it_differs() -> None:
    found = nas_gan.load_space("tiny").locate("baselines/plain")
    assert isinstance(found, NotAPoint)
    assert found.path == "generator.latent_dim"


def test_the_image_is_given_or_the_datas_or_the_files_or_the_digits(tmp_path: Path) -> None:
    space = nas_gan.load_space("tiny")
    digits = Image(channels=1, resolution=28, classes=10)
    assert space.sample().image == digits
    size = space.inner.size(digits)
    assert size is not None
    assert space.count() == size.count
    small = Image(channels=3, resolution=8, classes=0)
    assert space.sample(image=small).image == small
    data = nas_gan.Data("mnist5k", resolution=16)
    assert space.sample(data=data).image == digits.model_copy(update={"resolution": 16})
    assert nas_gan.load_space("reference/thesis_plane_m0_bn").sample().image.is_points
    with pytest.raises(nas_gan.InputError, match="both image and data"):
        space.sample(image=small, data=data)
    (tmp_path / "mine.toml").write_text(MINE)
    mine = nas_gan.load_space(tmp_path / "mine.toml")
    assert (mine.name, mine.image().resolution, mine.image().classes) == ("mine", 32, 10)
    assert mine.count() == 5


def test_a_space_shows_its_holes_in_a_notebook() -> None:
    shown = nas_gan.load_space("tiny")._repr_html_()
    assert "<table>" in shown
    assert "generator.latent_dim" in shown


def test_a_space_that_is_not_there() -> None:
    with pytest.raises(nas_gan.InputError, match="no space is called 'tinny'; did you mean 'tiny'"):
        nas_gan.load_space("tinny")
