"""Charts: panels of lines and parallel coordinates."""

from __future__ import annotations

import importlib.util
import io

import pytest
from PIL import Image

from nas_gan.errors import InputError
from nas_gan.pictures.charts import Line, Panel, build_axis, check_charts, panels_png, parallel_png


def _open(png: bytes | None) -> Image.Image:
    assert png is not None
    return Image.open(io.BytesIO(png)).convert("RGB")


def _shades(picture: Image.Image) -> set[tuple[int, int, int]]:
    raw = picture.tobytes()
    return set(zip(raw[0::3], raw[1::3], raw[2::3], strict=True))


def test_a_line_is_drawn_in_its_colour_and_what_is_not_finite_is_left_out() -> None:
    nan = float("nan")
    panels = [
        Panel("one", "x", "y", (Line("a", (0.0, 1.0, 2.0), (5.0, nan, 5.0), 0),)),
        Panel(
            "two", "x", "y", (Line("b", (1.0,), (3.0,), 3), Line("", (0.0, 1.0), (1.0, 2.0), 3, faint=True))
        ),
        Panel("none", "x", "y", (Line("c", (), (), 2),)),
        Panel("flat", "x", "y", (Line("d", (0.0, 1.0), (0.0, 0.0), 1),)),
    ]
    picture = _open(panels_png(panels))
    for wanted in ((31, 119, 180), (214, 39, 40)):
        assert wanted in _shades(picture.crop((0, 0, picture.width, 2 * 240 - 20)))  # above the legend
    assert picture.width == 3 * 320


def test_words_and_numbers_get_axes() -> None:
    words = build_axis("kind", ["b", "a", "b"])
    assert words.values == (1.0, 0.0, 1.0)
    assert words.ticks == ((0.0, "a"), (1.0, "b"))
    mixed = build_axis("dim", [8.0, "–", 16.0])
    assert [name for _, name in mixed.ticks] == ["none", "8", "16"]
    assert mixed.values[1] == mixed.low < 8.0
    numbers = build_axis("rate", [1.0, 3.0])
    assert numbers.values == (1.0, 3.0)
    assert [name for _, name in numbers.ticks] == ["1", "3"]
    assert numbers.low < 1.0
    assert numbers.high > 3.0


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_the_best_trial_is_the_darkest_line(lower_is_better: bool) -> None:
    axes = [build_axis("x", [1.0, 2.0]), build_axis("score", [10.0, 20.0])]
    picture = _open(parallel_png(axes, lower_is_better))
    best = 0 if lower_is_better else 1
    middle = 90 + 75  # halfway between the two axes
    column = [sum(picture.crop((middle, y, middle + 1, y + 1)).tobytes()) for y in range(46, picture.height)]
    darkest = column.index(min(column))
    assert (darkest > len(column) / 2) == (best == 0)


def test_names_with_dollars_and_braces_are_drawn_as_they_are() -> None:
    hostile = r"$\frac{1}$ \undefined {x}"
    panel = Panel(hostile, hostile, hostile, (Line(hostile, (0.0, 1.0), (1.0, 2.0), 0),))
    assert _open(panels_png([panel])).width == 320
    assert (
        _open(parallel_png([build_axis(hostile, [hostile, "b"]), build_axis("y", [1.0, 2.0])], True)).width
        == 330
    )


def test_the_same_chart_is_the_same_file() -> None:
    panels = [Panel("one", "x", "y", (Line("a", (0.0, 1.0), (5.0, 6.0), 0),))]
    assert panels_png(panels) == panels_png(panels)


def test_many_values_get_few_round_ticks_and_what_is_not_finite_a_place_at_the_foot() -> None:
    axis = build_axis("score", [*(float(value) for value in range(101)), float("inf"), float("nan")])
    assert [name for _, name in axis.ticks] == ["0", "25", "50", "75", "100"]
    assert axis.values[-2:] == (axis.low, axis.low)


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    check_charts()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[charts\]'"):
        check_charts()
