"""Contact sheets: a place for every picture, and places chosen evenly."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nas_gan.pictures.contact_sheet import SheetRow, choose_evenly, contact_sheet


def _shades(png: bytes | None) -> set[tuple[int, int, int]]:
    assert png is not None
    raw = Image.open(io.BytesIO(png)).convert("RGB").tobytes()
    return set(zip(raw[0::3], raw[1::3], raw[2::3], strict=True))


def test_a_sheet_has_a_place_for_every_picture(tmp_path: Path) -> None:
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        picture = Image.new("RGB", (40, 40), colour)
        picture.paste((0, 255, 0), (20, 20, 40, 40))
        picture.save(tmp_path / f"{name}.png")
    pictures = (("1", tmp_path / "red.png"), ("2", tmp_path / "gone.png"), ("3", tmp_path / "blue.png"))
    whole = _shades(contact_sheet([SheetRow("run", pictures, cropped=False)]))
    assert {(255, 0, 0), (0, 0, 255), (0, 255, 0)} <= whole
    cropped = _shades(contact_sheet([SheetRow("run", pictures, cropped=True)]))
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
