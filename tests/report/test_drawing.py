from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import nas_gan
from nas_gan.api.space import image_for
from nas_gan.report.drawing import draw_architecture, draw_networks
from nas_gan.report.drawing.rows import discriminator_parts, generator_parts
from nas_gan.space import load_space, sample
from nas_gan.spec import Architecture, Image, compute_cost, plan_discriminator, plan_generator

IMAGE = Image(channels=1, resolution=28, classes=10)
SVG = "{http://www.w3.org/2000/svg}"


def _architecture(**changes: object) -> Architecture:
    tree = {
        "image": IMAGE.model_dump(),
        "generator": {"stages": [{}, {}], **(changes.get("generator") or {})},  # type: ignore[dict-item]
        "discriminator": {"stages": [{}, {}], **(changes.get("discriminator") or {})},  # type: ignore[dict-item]
    }
    return Architecture.from_tree(tree, "test")


def _words(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_whatever_a_space_has_can_be_drawn(generating_space: str) -> None:
    space = load_space(generating_space)
    image = image_for(space)
    for seed in range(5):
        architecture = sample(space, image, random.Random(seed))
        svg = draw_architecture(architecture, generating_space)
        root = ET.fromstring(svg)
        width, height = float(root.get("width", 0)), float(root.get("height", 0))
        for rect in root.iter(f"{SVG}rect"):
            assert float(rect.get("x", 0)) >= 0
            assert float(rect.get("width", 0)) > 0
            assert float(rect.get("x", 0)) + float(rect.get("width", 0)) <= width
            assert float(rect.get("y", 0)) <= height
        drawn = {part.get("data-part") for part in root.iter(f"{SVG}g")} - {None}
        plan = plan_generator(architecture)
        assert sum(name[-1].isdigit() for name in drawn if name) >= len(plan.stages)


def test_the_parts_have_the_plan_s_shapes_and_cost() -> None:
    architecture = _architecture()
    generator, discriminator = (
        generator_parts(plan_generator(architecture)),
        discriminator_parts(plan_discriminator(architecture)),
    )
    assert [part.shape for part in generator.parts] == ["128·7×7", "64·14×14", "32·28×28", "1·28×28"]
    cost = compute_cost(architecture)
    assert generator.parameters + discriminator.parameters == cost.parameters


def test_norms_skips_dense_links_and_attention_stand_where_the_plan_has_them() -> None:
    architecture = _architecture(
        generator={
            "stages": [
                {"connect": "residual", "depth": 2, "norm": {"kind": "batch", "at": "after_activation"}},
                {"connect": {"kind": "dense", "growth": 8}, "depth": 3, "skip": 2},
            ],
            "attention": {"kind": "self", "stage": 0},
        }
    )
    parts = {part.name: part for part in generator_parts(plan_generator(architecture)).parts}
    first = [chip.text for chip in parts["stage 0"].rows[0].chips]
    assert first == ["transposed 4×4 ↑2", "relu", "batch norm", "conv 3×3"]
    assert all(row.shortcut is not None for row in parts["stage 0"].rows[:2])
    assert parts["stage 0"].rows[-1].chips[0].kind == "attention"
    assert [row.takes_all for row in parts["stage 1"].rows] == [False, True, True]
    assert [row.channels for row in parts["stage 1"].rows[1:]] == ["+8", "+8"]
    assert parts["stage 1"].skip_from == 0  # the stem is part 0
    svg, _ = draw_networks(architecture, "t")
    # Block 2 takes the maps of block 1, block 3 those of both.
    assert svg.count('class="link"') == 3
    assert svg.count('class="skip"') == 1


@pytest.mark.parametrize("norm_place", ["before_activation", "after_activation", "before_convolution"])
@pytest.mark.parametrize("preactivation", [False, True])
def test_each_unit_is_a_row(norm_place: str, preactivation: bool) -> None:
    stage = {
        "depth": 3,
        "preactivation": preactivation,
        "norm": {"kind": "layer", "at": norm_place},
        "upsample": "nearest",
    }
    network = generator_parts(plan_generator(_architecture(generator={"stages": [stage, stage]})))
    (part,) = (part for part in network.parts if part.name == "stage 0")
    rows = [[chip.kind for chip in row.chips] for row in part.rows]
    assert len(rows) == 3
    assert all(sorted(set(row) - {"resample"}) == ["act", "norm", "weights"] for row in rows)
    assert rows[1] == rows[2]


@pytest.mark.parametrize(
    ("generator", "discriminator", "entered"),
    [
        ("concat", "concat", {"+ label 16"}),
        ({"kind": "hidden_concat", "stage": 1}, {"kind": "hidden_concat", "stage": 1}, {"+ label 16"}),
        ("conditional_batch_norm", "projection", {"class batch norm", "features · class embedding, added"}),
    ],
)
def test_labels_are_drawn_where_they_enter(
    generator: object, discriminator: object, entered: set[str]
) -> None:
    architecture = _architecture(
        generator={"conditioning": generator}, discriminator={"conditioning": discriminator}
    )
    for svg in draw_networks(architecture, "t"):
        root = ET.fromstring(svg)
        marked = [rect for rect in root.iter(f"{SVG}rect") if "label" in (rect.get("class") or "")]
        assert marked
        assert entered & set(_words(svg))


def test_many_blocks_that_are_alike_are_drawn_twice() -> None:
    architecture = _architecture(generator={"stages": [{"depth": 12}, {}]})
    assert "… 9 more like these …" in _words(draw_architecture(architecture, "deep"))


def test_titles_are_text_and_the_drawing_is_named() -> None:
    svg = draw_architecture(_architecture(), "<img src=x onerror=alert(1)>")
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}img"))
    assert root.find(f"{SVG}title").text == "<img src=x onerror=alert(1)>"  # type: ignore[union-attr]
    assert "G z100 → 128·7×7" in (root.find(f"{SVG}desc").text or "")  # type: ignore[union-attr]
    ids = re.findall(r' id="([^"]+)"', svg)
    assert root.get("aria-labelledby", "").split() == ids


@pytest.mark.parametrize(("form", "begin"), [("svg", b"<svg"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_a_drawing_is_written_in_each_format(form: str, begin: bytes, tmp_path: Path) -> None:
    path = nas_gan.draw(_architecture(), tmp_path / f"net.{form}")
    assert path.read_bytes().startswith(begin)


def test_a_space_and_another_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(nas_gan.InputError, match="has holes, so it is a space"):
        nas_gan.draw("resdense", tmp_path / "net.svg")
    with pytest.raises(nas_gan.InputError, match=r"ends in \.svg, \.pdf or \.png"):
        nas_gan.draw("baselines/plain", tmp_path / "net.jpg")
