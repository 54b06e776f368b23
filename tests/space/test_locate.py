"""The way back: from an architecture to its hole values, or to the reason why it has none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.space import (
    FixedSuggest,
    NotAPoint,
    Space,
    bundled_spaces,
    load_space,
    sample,
)
from nas_gan.spec import Architecture, Image, canonical_json

Read = Callable[[str], Space]
Points = Callable[[Space, Image], list[tuple[dict[str, Any], Architecture]]]

IMAGES = [
    Image(channels=1, resolution=28, classes=10),
    Image(channels=3, resolution=32, classes=10),
    Image(channels=3, resolution=32, classes=0),
    Image(channels=1, resolution=48, classes=0),
    Image(channels=1, resolution=48, classes=10),
]
SPACES = [name for name in bundled_spaces() if "/" not in name]
PAIRS = [
    (name, image)
    for name in SPACES
    for image in IMAGES
    if image.classes or name not in ("conditional", "small")
]
STAGES = "[generator.stages]\n[discriminator.stages]\n"


@pytest.mark.parametrize(("name", "image"), PAIRS, ids=str)
def test_any_point_is_found_again(name: str, image: Image) -> None:
    space = load_space(name)

    @settings(deadline=None, max_examples=30)
    @given(seed=st.integers(0, 2**32 - 1))
    def check(seed: int) -> None:
        architecture = sample(space, image, random.Random(seed))
        found = space.locate(architecture)
        assert not isinstance(found, NotAPoint), found
        assert space.fill(FixedSuggest(found), image) == architecture

    check()


@pytest.mark.parametrize("name", SPACES)
def test_what_is_changed_is_found_or_has_a_reason(name: str) -> None:
    """Every value of a point in turn is changed, and every part is put there from another point."""
    space, image = load_space(name), IMAGES[0]
    outcomes = set()
    for seed in range(2):
        architecture, other = (sample(space, image, random.Random(one)) for one in (seed, seed + 100))
        for changed in _neighbours(architecture, other):
            found = space.locate(changed)
            outcomes.add(type(found))
            if isinstance(found, NotAPoint):
                assert _at(changed, found.path) == found.found
                assert found.offered != found.found
            else:
                assert space.fill(FixedSuggest(found), image) == changed
    assert len(outcomes) == 2


HOLES = ("int", "float")


@pytest.mark.parametrize(("name", "image"), PAIRS, ids=str)
def test_every_range_ends_where_the_reason_says(name: str, image: Image) -> None:
    """A number above a hole's range, where an architecture may have it, has this hole's range as the reason."""
    space = load_space(name)
    architecture = sample(space, image, random.Random(0))
    found = space.locate(architecture)
    assert not isinstance(found, NotAPoint)
    ranges = {hole.path: hole.values for hole in space.holes(image) if hole.kind in HOLES}
    tried = 0
    for path, value in found.items():
        if path in ranges and "[" not in path and not path.startswith("shared."):
            for changed in _with_number(architecture, path, value):
                tried += 1
                reason = space.locate(changed)
                assert isinstance(reason, NotAPoint)
                assert (reason.path, reason.offered) == (path, ranges[path])
    assert tried or name in {"dcgan", "depth", "mlp", "small"}  # their ranges are shared, or there is none


ENUMERATED = """
[shared]
norm.choice = ["none", { kind = "batch", at = { choice = ["before_activation", "before_convolution"] } }]
slope = { float = [0.1, 0.2], step = 0.1 }
[generator]
latent_dim = { choice = [8, { label = "large", int = [16, 64], step = 48 }] }
width = { same_as = "discriminator.width" }
[generator.stages]
depth = 2
connect = { choice = ["plain", { kind = "dense", decay = { same_as = "shared.slope" } }] }
norm = { same_as = "shared.norm" }
[discriminator]
width = { choice = [4, 8] }
[discriminator.stages]
depth = { same_as = "generator.stages.mirror.depth" }
activation.choice = ["relu", { kind = "leaky_relu", slope = { same_as = "shared.slope" } }]
connect = { same_as = "generator.stages.mirror.connect" }
[[joint.labels.choice]]
label = "none"
[[joint.labels.choice]]
label = "some"
generator.conditioning = { kind = "concat", embedding_dim = { int = [1, 2] } }
discriminator.conditioning = { kind = "concat", embedding_dim = { same_as = "generator.conditioning.embedding_dim" } }
"""


def test_it_agrees_with_trying_every_point(read: Read, points: Points) -> None:
    """All points of a space with every kind of hole, and what lies beside them."""
    space = read(ENUMERATED)
    every = [architecture for _, architecture in points(space, Image(channels=1, resolution=8, classes=2))]
    texts = {canonical_json(architecture) for architecture in every}
    assert len(every) > 200
    pick = random.Random(0)
    seen = []
    for _ in range(8):
        for changed in _neighbours(pick.choice(every), pick.choice(every)):
            found = space.locate(changed)
            assert (canonical_json(changed) in texts) == (not isinstance(found, NotAPoint)), str(found)
            seen.append(isinstance(found, NotAPoint))
    assert seen.count(True) > 100
    assert seen.count(False) > 100


def test_any_of_several_points_will_do(read: Read, digits: Image) -> None:
    """The first option fits by itself, and only the second what comes later."""
    space = read(
        "[generator]\nlatent_dim.choice = [{ label = 'a', int = [1, 8] }, { label = 'b', int = [4, 9] }]\n"
        "[shared]\nwidth.choice = [{ label = 'first', choice = [4, 8] }, { label = 'second', choice = [8, 16] }]\n"
        + STAGES
        + "[joint.a]\nchoice = [{ label = 'x', generator.width = 8 }, "
        "{ label = 'y', generator.width = { same_as = 'shared.width' } }]\n"
        "[joint.b]\nchoice = [{ label = 'x', discriminator.width = 4 }, { label = 'y', discriminator.width = "
        "{ same_as = 'shared.width' } }]\n"
    )
    for seed in range(60):
        architecture = sample(space, digits, random.Random(seed))
        found = space.locate(architecture)
        assert not isinstance(found, NotAPoint)
        assert space.fill(FixedSuggest(found), digits) == architecture


def test_many_options_that_fit_take_no_longer(read: Read) -> None:
    """Two options fit in each of 14 stages, twice, and what comes last fits none: 2²⁸ ways, one of which is enough."""
    ambiguous = (
        "norm.choice = ['batch', { label = 'again', kind = 'batch', at = { same_as = 'shared.at' } }]\n"
        "skip.choice = [0, { label = 'small', int = [0, 1] }]\n"
    )
    space = read(
        "[shared]\nat = { choice = ['before_activation', 'before_convolution'] }\n"
        f"[generator]\nwidth = 4\n[generator.stages]\n{ambiguous}"
        f"[discriminator]\nwidth = 4\n[discriminator.stages]\n{ambiguous}[training]\nbatch_size = 32\n"
    )
    image = Image(channels=1, resolution=512)
    tree = sample(space, image, random.Random(0)).model_dump(mode="json")
    for network in ("generator", "discriminator"):
        for stage in tree[network]["stages"]:
            stage.update(norm="batch", skip=0)
    assert not isinstance(space.locate(Architecture.from_tree(tree, "test")), NotAPoint)
    tree["training"]["batch_size"] = 64
    reason = space.locate(Architecture.from_tree(tree, "test"))
    assert str(reason) == "training.batch_size: the space has 32, the architecture 64"


def test_a_copy_into_a_later_choice_is_right_whatever_is_chosen(read: Read, digits: Image) -> None:
    space = read(
        STAGES.replace(
            "[generator.stages]",
            "[generator.conditioning]\nkind = 'concat'\nembedding_dim = "
            "{ same_as = 'discriminator.conditioning.embedding_dim' }\n[generator.stages]",
        )
        + "[discriminator.conditioning]\nchoice = [{ kind = 'concat', embedding_dim = { choice = [4, 8] } }, "
        "{ kind = 'hidden_concat', embedding_dim = 8 }]\n"
    )
    for choice, inside in (("concat", 4), ("concat", 8), ("hidden_concat", None)):
        point: dict[str, Any] = {"discriminator.conditioning": choice}
        if inside:
            point["discriminator.conditioning[concat].embedding_dim"] = inside
        assert space.locate(space.fill(FixedSuggest(point), digits)) == point


def test_a_list_of_the_right_length_is_told_of() -> None:
    """Of options that offer lists of other lengths, the reason is what doesn't fit in that of the right one."""
    space, wide = load_space("mlp"), load_space("reference/zhang_gan")
    architecture = sample(wide, Image(channels=1, resolution=28), random.Random(0))
    tree = architecture.model_dump(mode="json")
    tree["generator"]["hidden"][0]["width"] = 99
    reason = space.locate(Architecture.from_tree(tree, "test"))
    assert str(reason) == (
        "generator.hidden.0.width: the space has 64, 128, 256, 512, 1024, 1536, 2048, the architecture 99"
    )


REASONS = [
    (
        "latent_dim = { choice = [8, 16] }",
        {"latent_dim": 9},
        "generator.latent_dim: the space has 8, 16, the architecture 9",
    ),
    (
        "latent_dim = { choice = [8, { label = 'large', int = [16, 64], step = 16 }] }",
        {"latent_dim": 40},
        "generator.latent_dim: the space has 8, 16 to 64, step 16, the architecture 40",
    ),
    (
        "",
        {"latent_dim": 9},
        "generator.latent_dim: the space has 100 (the file leaves it out), the architecture 9",
    ),
    ("bias = false", {}, "generator.bias: the space has false, the architecture true"),
    (
        "attention.choice = ['none', { kind = 'self', stage = { int = [0, 7] } }]\nwidth = { choice = [4, 32] }",
        {"width": 16},
        "generator.width: the space has 4, 32, the architecture 16",
    ),
    (
        "attention.choice = ['none', { kind = 'self', stage = 0 }]",
        {"attention": {"kind": "self", "stage": 1}},
        "generator.attention.stage: the space has 0, the architecture 1",
    ),
    (
        "latent_dim = { int = [8, 16] }\nwidth = { same_as = 'generator.latent_dim' }",
        {"latent_dim": 8, "width": 9},
        "generator.width: the space has 8 (also elsewhere, from generator.latent_dim), the architecture 9",
    ),
    (
        "",
        {"conditioning": "concat"},
        "generator.conditioning: the space has none (the file leaves it out), the architecture concat",
    ),
]


@pytest.mark.parametrize(("text", "generator", "reason"), REASONS)
def test_reasons(text: str, generator: dict[str, Any], reason: str, read: Read, digits: Image) -> None:
    space = read(f"[generator]\n{text}\n{STAGES}")
    judging: dict[str, Any] = {
        "stages": [{}, {}],
        "conditioning": "projection" if "conditioning" in generator else "none",
    }
    tree = {
        "image": digits.model_dump(),
        "generator": {"stages": [{}, {}], **generator},
        "discriminator": judging,
    }
    assert str(space.locate(Architecture.from_tree(tree, "test"))) == reason


def test_each_option_of_a_joint_choice_is_in_the_reason() -> None:
    space = load_space("fisher_dense")
    tree = sample(space, IMAGES[0], random.Random(0)).model_dump(mode="json")
    tree["loss"]["rho"] = 0.5
    reason = space.locate(Architecture.from_tree(tree, "test"))
    assert str(reason) == "loss.rho: the space has 1e-06 or 3e-07, the architecture 0.5"


def test_other_networks_are_told_by_their_kind() -> None:
    perceptrons = sample(load_space("mlp"), IMAGES[0], random.Random(0))
    reason = load_space("tiny").locate(perceptrons)
    assert str(reason) == "generator: the space has convolutional, the architecture perceptron"


def test_a_space_for_other_images_says_so(read: Read, digits: Image) -> None:
    space = read("[image]\nresolution = 32\n" + STAGES)
    with pytest.raises(InputError, match=r"image\.resolution: the file is for 32 and the data has 28"):
        space.locate(sample(load_space("tiny"), digits, random.Random(0)))


def _neighbours(architecture: Architecture, other: Architecture) -> Iterator[Architecture]:
    """Valid architectures with one value changed, or with one part of another."""
    tree, from_other = (one.model_dump(mode="json") for one in (architecture, other))
    for path in _paths(tree):
        old, new = _get(tree, path), _get(from_other, path)
        changes = [] if path[0] in ("image", "format") else [new, *_changed(old)]
        for change in changes:
            if change is not None:
                try:
                    yield Architecture.from_tree(_set(tree, path, change), "test")
                except InputError:
                    continue


def _changed(old: Any) -> list[Any]:
    match old:
        case bool():
            return [not old]
        case int():
            return [old + 1, max(1, old // 2)]
        case float():
            return [old * 0.75, old + 0.125]
        case _:
            return []


def _with_number(architecture: Architecture, path: str, value: Any) -> Iterator[Architecture]:
    """The architecture with a number out of every range here, if it may have that."""
    tree = architecture.model_dump(mode="json")
    for far in (value + 4096, value + 600, value + 13, value + 0.7):
        if isinstance(far, type(value)):
            try:
                yield Architecture.from_tree(_set(tree, path.split("."), far), "test")
            except InputError:
                continue
            return


def _paths(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, inner in items:
        yield (*path, str(step))
        yield from _paths(inner, (*path, str(step)))


def _get(tree: Any, path: Sequence[str]) -> Any:
    for step in path:
        inside = dict(enumerate(tree)) if isinstance(tree, list) else tree
        key = int(step) if isinstance(tree, list) else step
        if not isinstance(inside, dict) or key not in inside:
            return None
        tree = inside[key]
    return tree


def _set(tree: Any, path: Sequence[str], value: Any) -> Any:
    if not path:
        return value
    if isinstance(tree, list):
        return [
            _set(one, path[1:], value) if index == int(path[0]) else one for index, one in enumerate(tree)
        ]
    return {**tree, path[0]: _set(tree[path[0]], path[1:], value)}


def _at(architecture: Architecture, path: str) -> str:
    """What an architecture has at a path, as reasons say it."""
    match _get(architecture.model_dump(mode="json"), path.split(".")):
        case None:
            return "nothing"
        case bool(value):
            return str(value).lower()
        case dict(table):
            return str(table["kind"])
        case list(items):
            return f"{len(items)} of them"
        case value:
            return str(value)
