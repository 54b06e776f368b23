"""What uses labels, and what counts stages, is told by where it stands, not by a word that may stand elsewhere, too."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from nas_gan.space.bind import bind
from nas_gan.space.labels import without_labels
from nas_gan.space.nodes import Choice, IntRange, Node, Option, SameAs, Table, Value, children
from nas_gan.space.parse_file import parse_space
from nas_gan.space.stages import with_stages
from nas_gan.spec import Image


def _node(tree: Any) -> Node:
    """A node as a file has it, but without a look at which fields there are: those to come count, too."""
    match tree:
        case {"choice": options}:
            labels = [option["kind"] if isinstance(option, dict) else option for option in options]
            return Choice(
                tuple(Option(label, _node(option)) for label, option in zip(labels, options, strict=True))
            )
        case {"int": [low, high]}:
            return IntRange(low, high, 1, False, high)
        case {"same_as": path}:
            return SameAs(tuple(path.split(".")))
        case dict():
            return _table(tree)
        case _:
            return Value(tree)


def _table(tree: dict[str, Any]) -> Table:
    return Table({key: _node(value) for key, value in tree.items()})


def _at(tree: Node | None, path: str) -> Node:
    assert tree is not None
    for step in path.split("."):
        tree = dict(children(tree))[step]
    return tree


def _labels(tree: Node | None, path: str) -> tuple[object, ...]:
    choice = _at(tree, path)
    assert isinstance(choice, Choice)
    return choice.labels


def test_a_word_of_conditioning_elsewhere_is_another_thing() -> None:
    cells = {"merge": {"choice": ["concat", "sum"]}, "join": "concat"}
    ways = {"choice": [{"kind": "concat", "size": 1}, {"kind": "projection"}]}
    root = _table({"generator": {"stages": cells, "ways": ways}, "discriminator": {}, "shared": {}})
    assert without_labels(root) == root


@pytest.mark.parametrize(
    ("conditioning", "path"),
    [
        ({"choice": ["none", "concat", {"kind": "hidden_concat", "stage": 0}]}, "generator.conditioning"),
        ({"kind": {"choice": ["none", "concat"]}}, "generator.conditioning.kind"),
    ],
)
def test_conditioning_loses_what_needs_labels(conditioning: dict[str, Any], path: str) -> None:
    root = _table({"generator": {"conditioning": conditioning}, "shared": {}})
    assert _labels(without_labels(root), path) == ("none",)


def test_what_is_shared_means_what_it_means_where_it_is_copied() -> None:
    shared = {"way": {"choice": ["concat", "none"]}, "other": {"same_as": "shared.way"}}
    generator: dict[str, Any] = {"stages": {"merge": {"same_as": "shared.other"}}}
    merged = without_labels(_table({"generator": generator, "shared": shared}))
    assert _labels(merged, "shared.way") == ("concat", "none")
    generator["conditioning"] = {"same_as": "shared.other"}
    conditioned = without_labels(_table({"generator": generator, "shared": shared}))
    assert _labels(conditioned, "shared.way") == ("none",)


def test_a_whole_network_may_be_shared() -> None:
    shared = {"net": {"conditioning": "concat"}}
    assert without_labels(_table({"generator": {"same_as": "shared.net"}, "shared": shared})) is None


def test_a_joint_option_that_copies_what_needs_labels_is_dropped() -> None:
    text = (
        "[generator.stages]\n[discriminator.stages]\n[[joint.labels.choice]]\nlabel = 'off'\n"
        "[[joint.labels.choice]]\nlabel = 'on'\ngenerator.conditioning = { same_as = 'shared.way' }\n"
        "[shared]\nway = 'concat'\n"
    )
    parsed = parse_space(tomllib.loads(text), "space.toml")
    bound = bind(parsed, Image(channels=1, resolution=28), "space.toml")
    assert bound.choices["labels"].labels == ("off",)


def test_stages_are_cut_where_they_are_counted_whatever_the_kind_is_called() -> None:
    numbered = {"stage": {"int": [0, 7]}}
    generator = {"attention": {"same_as": "shared.look"}, "cell": {"kind": "self", **numbered}}
    discriminator = {"attention": {"choice": ["none", {"kind": "another", **numbered}]}}
    shared = {"look": {"kind": "self", **numbered}, "cell": {"kind": "self", **numbered}}
    tree = with_stages(
        _table({"generator": generator, "discriminator": discriminator, "shared": shared}), doublings=2
    )
    highs = {}
    for path in ("generator.cell.stage", "discriminator.attention", "shared.look.stage", "shared.cell.stage"):
        found = _at(tree, path)
        if isinstance(found, Choice):
            found = _at(found.options[1].node, "stage")
        assert isinstance(found, IntRange)
        highs[path] = found.high
    assert list(highs.values()) == [7, 1, 1, 7]
