from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, fields, replace

import pytest

from nas_gan.errors import InputError
from nas_gan.metrics.plane_protocol import PlaneRecipe
from nas_gan.metrics.protocol import (
    DEFAULT_PLANE_PROTOCOL,
    DEFAULT_PROTOCOL,
    DEFAULT_UNLABELLED_PROTOCOL,
    PROTOCOLS,
    ProtocolRecipe,
    ScoreProtocol,
    find_fitting_recipe,
    find_recipe,
    for_the_figure,
)
from nas_gan.metrics.scores import SCORE_KINDS

PROTOCOL = ScoreProtocol(
    name="classifier-5k",
    extractor="classifier",
    extractor_hash="abc",
    preprocessing="uint8 / 255",
    resolution=28,
    sample_count=5000,
    splits=10,
    seed=0,
    reference="held_out",
    reference_count=1000,
    reference_fingerprint="def",
    kernel_subsets=20,
    kernel_subset_size=500,
    kernel_features=2000,
)


def test_json_and_back() -> None:
    assert ScoreProtocol.from_json(PROTOCOL.to_json()) == PROTOCOL


@pytest.mark.parametrize("name", [field.name for field in fields(ScoreProtocol)])
def test_every_field_counts(name: str) -> None:
    value = getattr(PROTOCOL, name)
    changed = value + 1 if isinstance(value, int) else value + "x"
    other = ScoreProtocol.from_json(json.dumps(asdict(PROTOCOL) | {name: changed}))
    assert other != PROTOCOL
    assert other.fingerprint() != PROTOCOL.fingerprint()
    assert PROTOCOL.differences(other) == [f"{name}: {value}, other {changed}"]


def test_equal_protocols_have_one_fingerprint_and_no_differences() -> None:
    twin = replace(PROTOCOL)
    assert twin.fingerprint() == PROTOCOL.fingerprint()
    assert PROTOCOL.differences(twin) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"splits": None}, "splits should be of type int"),
        ({"splits": True}, "splits should be of type int"),
        ({"name": 3}, "name should be of type str"),
        ({"colour": "red"}, "colour is not known"),
    ],
)
def test_json_with_a_wrong_field_names_it(changes: dict[str, object], message: str) -> None:
    text = json.dumps(json.loads(PROTOCOL.to_json()) | changes)
    with pytest.raises(InputError, match=message):
        ScoreProtocol.from_json(text)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not JSON"), ("[]", "expected an object"), ("{}", "extractor is missing")]
)
def test_a_text_that_is_no_protocol_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ScoreProtocol.from_json(text)


def test_recipes_are_found_by_name() -> None:
    assert find_recipe(DEFAULT_PROTOCOL).sample_count == 5000
    assert all(find_recipe(name).name == name for name in PROTOCOLS)
    whole = find_recipe("inception-50k")
    assert isinstance(whole, ProtocolRecipe)
    assert whole.reference == "train"
    assert isinstance(find_recipe(DEFAULT_PLANE_PROTOCOL), PlaneRecipe)


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(
        InputError,
        match=r"'fid'.*classifier-1k, classifier-5k, thesis-5k, selfsup-5k, inception-5k, inception-50k",
    ):
        find_recipe("fid")


def test_the_default_follows_the_data() -> None:
    def find(name: str | None, is_points: bool, classes: int) -> str:
        return find_fitting_recipe(name, "DATA", is_points, classes).name

    assert find(None, is_points=False, classes=10) == DEFAULT_PROTOCOL
    assert find(None, is_points=False, classes=0) == DEFAULT_UNLABELLED_PROTOCOL
    # A classifier of one class has nothing to learn.
    assert find(None, is_points=False, classes=1) == DEFAULT_UNLABELLED_PROTOCOL
    assert find(None, is_points=True, classes=0) == DEFAULT_PLANE_PROTOCOL
    assert find("inception-5k", is_points=False, classes=0) == "inception-5k"


def test_only_extractors_that_know_classes_give_an_inception_score() -> None:
    needs = SCORE_KINDS["inception_score"].needs
    without = [name for name, recipe in PROTOCOLS.items() if not needs <= recipe.offers]
    assert without == [DEFAULT_UNLABELLED_PROTOCOL, "plane-1k", DEFAULT_PLANE_PROTOCOL]


@pytest.mark.parametrize(
    ("name", "is_points", "said"),
    [
        ("inception-5k", True, "inception-5k: scores images, and DATA has points; use plane-1k or plane-10k"),
        ("plane-10k", False, "plane-10k: scores points, and DATA has images; use classifier-1k or"),
        ("plane", True, "'plane' is not known"),
    ],
)
def test_a_recipe_for_the_other_kind_of_data_is_refused(name: str, is_points: bool, said: str) -> None:
    with pytest.raises(InputError) as caught:
        find_fitting_recipe(name, "DATA", is_points, 0)
    assert said in str(caught.value)


def test_recipes_cannot_be_changed() -> None:
    recipe = find_recipe(DEFAULT_PROTOCOL)
    with pytest.raises(FrozenInstanceError):
        recipe.seed = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        PROTOCOLS["mine"] = recipe  # type: ignore[index]


def test_protocols_are_read_without_torch() -> None:
    program = "import sys, nas_gan.metrics.protocol; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_protocol_to_choose_by_leaves_half_of_the_held_out_images_for_the_figure() -> None:
    for recipe in PROTOCOLS.values():
        if not isinstance(recipe, ProtocolRecipe) or recipe.reference == "train":
            assert for_the_figure(recipe.name) == recipe.name
            continue
        choice = find_recipe(f"{recipe.name}-choice")
        final = find_recipe(for_the_figure(choice.name))
        assert isinstance(choice, ProtocolRecipe)
        assert isinstance(final, ProtocolRecipe)
        assert (choice.reference, final.reference) == ("held_out_choice", "held_out_final")
        assert replace(choice, name=recipe.name, reference="held_out") == recipe
        assert for_the_figure(final.name) == final.name
    with pytest.raises(InputError, match="not known"):
        find_recipe("inception-50k-final")
