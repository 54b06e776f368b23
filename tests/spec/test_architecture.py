"""Reading architectures: defaults, names for tables, and one clear line for each mistake."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.spec import Architecture, Image, canonical_json, content_hash, recipe_hash
from nas_gan.spec.game import R1, Clipping, Game
from nas_gan.spec.perceptrons import Hidden


def _tree(**changes: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "image": {"channels": 1, "resolution": 28, "classes": 10},
        "generator": {"stages": [{}, {}]},
        "discriminator": {"stages": [{}, {}]},
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        place: Any = tree
        for step in parents:
            place = place[int(step)] if step.isdecimal() else place.setdefault(step, {})
        place[last] = value
    return tree


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32))
def test_any_architecture_survives_json(pick_architecture: Callable[[int], Architecture], seed: int) -> None:
    architecture = pick_architecture(seed)
    text = canonical_json(architecture)
    again = Architecture.model_validate_json(text)
    assert again == architecture
    assert canonical_json(again) == text
    assert content_hash(again) == content_hash(architecture)


@pytest.mark.parametrize(
    ("resolution", "base", "doublings"),
    [(28, 7, 2), (32, 4, 3), (48, 6, 3), (64, 4, 4), (50, 25, 1), (8, 4, 1)],
)
def test_stages_follow_from_the_resolution(resolution: int, base: int, doublings: int) -> None:
    image = Image(channels=1, resolution=resolution)
    assert (image.base_resolution, image.doublings) == (base, doublings)


def test_a_name_is_a_table_of_defaults() -> None:
    short = Architecture.from_tree(_tree(generator__stages__0__norm="layer"), "short")
    long = Architecture.from_tree(
        _tree(generator__stages__0__norm={"kind": "layer", "at": "before_activation"}), "long"
    )
    assert content_hash(short) == content_hash(long)


def test_values_without_effect_change_the_content_and_not_the_recipe() -> None:
    plain = Architecture.from_tree(_tree(), "plain")
    written_out = Architecture.from_tree(_tree(generator__stages__1__width=32), "width written out")
    dense = {"kind": "dense", "growth": 5}
    one_block = Architecture.from_tree(_tree(generator__stages__0__connect=dense), "dense of one block")
    for other in (written_out, one_block):
        assert content_hash(other) != content_hash(plain)
        assert recipe_hash(other) == recipe_hash(plain)


@pytest.mark.parametrize(
    "changes",
    [
        {"generator__stages__0__width": 33},
        {"generator__latent_distribution": "uniform"},
        {"discriminator__stages__0__activation": {"kind": "leaky_relu", "slope": 0.1}},
        {"discriminator__pool": "sum"},
        {"loss": "hinge"},
        {"optimisers__generator": {"beta1": 0.0}},
        {"training": {"batch_size": 32}},
    ],
)
def test_values_with_effect_change_the_recipe(changes: dict[str, Any]) -> None:
    plain = Architecture.from_tree(_tree(), "plain")
    assert recipe_hash(Architecture.from_tree(_tree(**changes), "changed")) != recipe_hash(plain)


@pytest.mark.parametrize(
    ("changes", "path", "remedy"),
    [
        ({"generator__stages__0__widht": 3}, "generator.stages.0.widht", "mend its name"),
        ({"generator__stages__1__norm": "btach"}, "generator.stages.1.norm", "'batch'"),
        ({"generator__latent_dim": "64"}, "generator.latent_dim", "integer"),
        ({"generator__latent_dim": 0}, "generator.latent_dim", "greater than or equal to 1"),
        ({"generator__stages": [{}]}, "generator.stages", "need 2"),
        ({"image__resolution": 27}, "image.resolution 27", "28"),
        ({"image__channels": 9}, "image.channels", "less than or equal to 4"),
        (
            {"optimisers__generator": {"learning_rate": math.nan}},
            "optimisers.generator.learning_rate",
            "finite",
        ),
        ({"discriminator__conditioning": "projection"}, "generator.conditioning is 'none'", "condition both"),
        ({"discriminator__stages__0__skip": 2}, "discriminator.stages.0.skip 2", "at most 1"),
        (
            {"discriminator__stages__0__downsample": {"kind": "strided", "kernel": 9}},
            "downsample.kernel",
            "5",
        ),
        ({"loss": {"kind": "hinge", "margin": 2}}, "loss.margin", "mend its name"),
        ({"loss": "fisher", "training": {"halves": "apart"}}, "training.halves", "joint"),
        (
            {"generator__stages__0__dropout": {"kind": "maps", "probability": 1.0}},
            "probability",
            "less than 1",
        ),
        (
            {"discriminator": {"kind": "perceptron", "hidden": [{"dropout": "maps"}]}},
            "discriminator.hidden.0.dropout",
            "'values'",
        ),
        ({"image": {"channels": 1}}, "image.resolution", "missing"),
        (
            {"image": {"channels": 1, "pixels": 8}},
            "image.pixels",
            "(got 8) (and 1 more: image.resolution)",
        ),
    ],
)
def test_a_mistake_is_one_line_with_path_and_remedy(changes: dict[str, Any], path: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        Architecture.from_tree(_tree(**changes), "file.toml")
    message = str(caught.value)
    assert message.startswith("file.toml: ")
    assert path in message
    assert remedy in message
    assert "\n" not in message


def test_conditioning_needs_labels() -> None:
    tree = _tree(image__classes=0, generator__conditioning="concat", discriminator__conditioning="projection")
    with pytest.raises(InputError, match="labelled data"):
        Architecture.from_tree(tree, "file.toml")


def test_a_hidden_concat_names_a_stage_that_exists() -> None:
    tree = _tree(
        generator__conditioning={"kind": "hidden_concat", "stage": 2},
        discriminator__conditioning="projection",
    )
    with pytest.raises(InputError, match=r"generator\.conditioning\.stage 2: stages are numbered 0 to 1"):
        Architecture.from_tree(tree, "file.toml")


POINTS = {"channels": 2, "resolution": 1}
PERCEPTRON = {"kind": "perceptron", "hidden": [{}]}


def test_networks_are_convolutional_unless_they_say_otherwise() -> None:
    architecture = Architecture.from_tree(_tree(generator={"kind": "perceptron", "hidden": [{}]}), "mixed")
    assert architecture.generator.kind == "perceptron"
    assert architecture.discriminator.kind == "convolutional"
    assert architecture.optimisers.generator.kind == "adam"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (_tree(image=POINTS), 'generator.kind "convolutional" can\'t make points; use "perceptron"'),
        (
            _tree(image=POINTS, generator=PERCEPTRON),
            'discriminator.kind "convolutional" can\'t judge points; use "perceptron"',
        ),
        (_tree(generator__head_upsample=True), "need 1, one a doubling beside the head"),
        (_tree(discriminator__stages=[{}] * 6), "6 given; images of 28 can be halved 5 times"),
        (_tree(discriminator__stem_downsample=True), "stem_downsample needs a stem"),
        (_tree(discriminator__stages=[{}, {}, {"skip": 1}]), "7 can't be halved 1 times without rounding"),
        (
            _tree(generator__attention={"kind": "self", "stage": 2}),
            "attention.stage 2: stages are numbered 0 to 1",
        ),
        (
            _tree(generator={"kind": "perceptron", "hidden": [{"norm": "instance"}]}),
            "unknown kind 'instance'",
        ),
        (_tree(optimisers__generator={"kind": "sgd"}), "optimisers.generator: unknown kind 'sgd'"),
        (_tree(generator={"kind": "transformer"}), "generator: unknown kind 'transformer'"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_mistakes_in_what_joins_the_parts(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Architecture.from_tree(tree, "file.toml")


def test_hidden_layers_widen_within_bounds() -> None:
    hidden = Hidden(width=1024, depth=4, widening=2.0)
    assert hidden.widths == (1024, 2048, 4096, 4096)
    assert Hidden(width=2, depth=3, widening=0.25).widths == (2, 1, 1)


def test_writing_runs_no_python_of_ours() -> None:
    """Where pydantic calls back while it writes, a Ctrl-C in the callback is swallowed."""
    architecture = Architecture.from_tree(_tree(generator=PERCEPTRON), "mixed")
    entered: list[str] = []

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if (
            event == "call"
            and "nas_gan" in frame.f_code.co_filename
            and "tests" not in frame.f_code.co_filename
        ):
            entered.append(frame.f_code.co_name)

    sys.setprofile(watch)
    try:
        architecture.model_dump(mode="json")
        architecture.model_dump_json()
    finally:
        sys.setprofile(None)
    assert entered == []


def test_regularisers_may_be_several_of_different_kinds() -> None:
    tree = {
        "image": {"channels": 1, "resolution": 8},
        "generator": {"stages": [{}]},
        "discriminator": {"stages": [{}]},
        "regularisers": ["clipping", {"kind": "r1", "weight": 2.0}],
    }
    game = Architecture.from_tree(tree, "test").game
    assert isinstance(game, Game)
    assert game.regularisers == (Clipping(), R1(weight=2.0))
    with pytest.raises(InputError, match="regularisers: r1, r1; give each kind once"):
        Architecture.from_tree(tree | {"regularisers": ["r1", "r1"]}, "test")
