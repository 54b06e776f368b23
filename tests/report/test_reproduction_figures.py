"""The pieces of a reproduction's pictures: ticks, panels, contact sheets and parallel coordinates."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nas_gan.report.reproduction_chart import panels_png
from nas_gan.report.reproduction_panels import Line, Panel, extent, nice_ticks, tick_text
from nas_gan.report.reproduction_parallel import build_axis, parallel_png
from nas_gan.report.reproduction_sheet import SheetRow, choose_evenly, contact_sheet


def _open(png: bytes | None) -> Image.Image:
    assert png is not None
    return Image.open(io.BytesIO(png)).convert("RGB")


def _shades(picture: Image.Image) -> set[tuple[int, int, int]]:
    raw = picture.tobytes()
    return set(zip(raw[0::3], raw[1::3], raw[2::3], strict=True))


@settings(deadline=None, max_examples=200)
@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), count=st.integers(1, 8))
def test_ticks_are_round_few_and_inside(low: float, width: float, count: int) -> None:
    high = low + width
    ticks = nice_ticks(low, high, count)
    assert len(ticks) <= count + 1
    slack = 1e-9 * max(1.0, abs(low), abs(high))
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    steps = {round((right - left) / width, 6) for left, right in pairwise(ticks)}
    assert len(steps) <= 1


def test_ticks_by_hand() -> None:
    assert nice_ticks(0.0, 10.0) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert nice_ticks(-1.0, 1.0, 4) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert [tick_text(value) for value in (0.5, 2000.0, 20_000.0)] == ["0.5", "2000", "20k"]


@settings(deadline=None, max_examples=100)
@given(values=st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=6))
def test_an_extent_holds_every_finite_value(values: list[float]) -> None:
    low, high = extent(values)
    assert low < high
    assert all(low <= value <= high for value in values if math.isfinite(value))


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
        # Shrinking smooths a line's edges, and so changes its colour a little.
        assert (
            min(max(abs(a - b) for a, b in zip(wanted, shade, strict=True)) for shade in _shades(picture))
            < 30
        )
    assert picture.width == 3 * 320


def test_a_sheet_has_a_place_for_every_picture(tmp_path: Path) -> None:
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        picture = Image.new("RGB", (40, 40), colour)
        picture.paste((0, 255, 0), (20, 20, 40, 40))
        picture.save(tmp_path / f"{name}.png")
    pictures = (("1", tmp_path / "red.png"), ("2", tmp_path / "gone.png"), ("3", tmp_path / "blue.png"))
    whole = _shades(_open(contact_sheet([SheetRow("run", pictures, cropped=False)])))
    assert {(255, 0, 0), (0, 0, 255), (0, 255, 0)} <= whole
    cropped = _shades(_open(contact_sheet([SheetRow("run", pictures, cropped=True)])))
    assert (0, 255, 0) not in cropped
    assert contact_sheet([]) is None
    assert contact_sheet([SheetRow("run", (), cropped=False)]) is None


@settings(deadline=None, max_examples=60)
@given(count=st.integers(1, 400), most=st.integers(2, 12))
def test_places_are_chosen_evenly(count: int, most: int) -> None:
    places = choose_evenly(count, most)
    assert places == sorted(set(places))
    assert len(places) == min(count, most)
    assert (places[0], places[-1]) == (0, count - 1)


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
