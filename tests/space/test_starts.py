"""Architectures that a space is started from: read with the space, fitted to the images, located."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nas_gan.errors import InputError
from nas_gan.space import (
    BASELINES,
    FileSpace,
    FixedSuggest,
    NotAPoint,
    Space,
    bundled_spaces,
    load_space,
)
from nas_gan.spec import Architecture, Image

Read = Callable[[str], Space]

STAGES = "[generator.stages]\n[discriminator.stages]\n"
SPACE = "[generator]\nlatent_dim = { choice = [8, 16] }\n" + STAGES
IMAGES = [
    Image(channels=1, resolution=28, classes=10),
    Image(channels=3, resolution=32, classes=10),
    Image(channels=1, resolution=48, classes=0),
    Image(channels=3, resolution=64, classes=2),
    Image(channels=1, resolution=14, classes=0),
]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], None]:
    """Writes a file beside the space's."""

    def write_text(name: str, text: str) -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")

    return write_text


@pytest.mark.parametrize("image", IMAGES, ids=str)
def test_every_start_is_a_point_of_the_flagship_space(image: Image) -> None:
    space = load_space("resdense")
    starts = space.starts(image)
    # Of the others one is too good to begin with, its file says so; the rest cost time and are poor.
    assert [start.name for start in starts] == ["baselines/plain", "baselines/spectral"]
    made = []
    for start in starts:
        assert start.point is not None, f"{start.name}: {start.reason}"
        made.append(space.fill(FixedSuggest(start.point), image))
    assert all(architecture.image == image for architecture in made)
    assert any(architecture.conditional for architecture in made) == (image.classes > 0)
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("name", [name for name in bundled_spaces() if name.startswith(BASELINES)])
def test_every_baseline_is_located(name: str, digits: Image) -> None:
    space, baseline = load_space("resdense"), load_space(name).fill(FixedSuggest({}), digits)
    point = space.locate(baseline)
    assert not isinstance(point, NotAPoint), str(point)
    assert space.fill(FixedSuggest(point), digits) == baseline


def test_a_start_is_the_architecture_of_its_file(digits: Image) -> None:
    space = load_space("resdense")
    for start in space.starts(digits):
        assert start.point is not None
        alone = load_space(start.name).fill(FixedSuggest({}), digits)
        assert space.fill(FixedSuggest(start.point), digits) == alone


def test_files_beside_the_space(read: Read, write: Callable[[str, str], None], digits: Image) -> None:
    write("small.toml", "[generator]\nlatent_dim = 8\n" + STAGES)
    write("large.toml", "[generator]\nlatent_dim = 32\n" + STAGES)
    write("again.json", '{"generator": {"latent_dim": 8, "stages": {}}, "discriminator": {"stages": {}}}')
    write("other.toml", "[image]\nchannels = 3\n[generator]\nlatent_dim = 8\n" + STAGES)
    space = read("starts = ['small.toml', 'large.toml', 'again.json', 'other.toml']\n" + SPACE)
    small, large, again, other = space.starts(digits)
    assert (small.name, small.point, small.reason) == ("small.toml", {"generator.latent_dim": 8}, "")
    assert (large.point, large.reason) == (
        None,
        "generator.latent_dim: the space has 8, 16, the architecture 32",
    )
    assert (again.point, again.reason) == (None, "the same as small.toml for these images")
    assert other.point is None
    assert "image.channels: the file is for 3 and the data has 1" in other.reason


def test_without_labels_a_start_is_not_conditioned(
    read: Read, write: Callable[[str, str], None], digits: Image
) -> None:
    write(
        "labelled.toml",
        "[generator]\nlatent_dim = 8\nconditioning = 'concat'\n[generator.stages]\n"
        "[discriminator]\nconditioning = 'projection'\n[discriminator.stages]\n",
    )
    space = read("starts = ['labelled.toml']\n" + SPACE)
    assert space.starts(digits)[0].reason == (
        "generator.conditioning: the space has none (the file leaves it out), the architecture concat"
    )
    unlabelled = Image(channels=1, resolution=28, classes=0)
    (start,) = space.starts(unlabelled)
    assert start.point == {"generator.latent_dim": 8}
    assert isinstance(space.fill(FixedSuggest(start.point), unlabelled), Architecture)


@pytest.mark.parametrize(
    ("starts", "problem"),
    [
        ("starts = 'baselines/plain'", "starts: 'baselines/plain' is not a list of names"),
        ("starts = [1]", "starts: [1] is not a list of names"),
        ("starts = ['baselines/plain', 'baselines/plain']", "starts: 'baselines/plain' stands there twice"),
        (
            "starts = ['baselines/plane']",
            "starts.0: 'baselines/plane': no bundled architecture is called so; did you",
        ),
        ("starts = ['resdense']", "starts.0: 'resdense': no bundled architecture is called so"),
        ("starts = ['missing.toml']", "starts.0: 'missing.toml': there is no file"),
        ("starts = ['space.toml']", "space.toml: has holes or starts of its own"),
        ("starts = ['wrong.toml']", "wrong.toml: generater: 'generater' is neither a known field"),
        ("start = ['baselines/plain']", "did you mean 'starts'?"),
    ],
)
def test_what_is_wrong_is_said_when_the_space_is_read(
    starts: str, problem: str, read: Read, write: Callable[[str, str], None]
) -> None:
    write("wrong.toml", "generater = 1\n")
    with pytest.raises(InputError) as raised:
        read(f"{starts}\n{SPACE}")
    assert problem in str(raised.value)


def test_a_stored_space_needs_no_files_of_starts(digits: Image) -> None:
    """A worker elsewhere makes the space from what is stored with the study; starts are the search's alone."""
    read = load_space("resdense")
    assert isinstance(read, FileSpace)
    stored = FileSpace.from_tree("resdense", read.tree, "stored")
    assert stored.starts(digits) == ()
    assert stored.fingerprint == read.fingerprint
