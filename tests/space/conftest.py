"""Spaces from text, images, and a way to visit every point of a space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from nas_gan.space import Space, load_space
from nas_gan.spec import Architecture, Image

Scalar = str | int | float | bool | None
Point = dict[str, Scalar]


class Stored:
    """Suggests the values of a stored point, and keeps what it was asked for."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self.asked: dict[str, list[Scalar]] = {}

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        return self._take(name, list(choices))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        value = self._take(name, list(range(low, high + 1, step)))
        assert isinstance(value, int)
        return value

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        count = 1 if step is None else round((high - low) / step) + 1
        value = self._take(name, [low + index * (step or 0.0) for index in range(count)])
        assert isinstance(value, float)
        return value

    def _take(self, name: str, values: list[Scalar]) -> Scalar:
        self.asked[name] = values
        return self.point.get(name, values[0])


def visit_points(space: Space, image: Image) -> Iterator[tuple[Point, Architecture]]:
    """Every point of a space with its architecture, a continuous hole taking its low end only.

    Counts up like an odometer: the last hole asked for goes to its next value, or gives way to the one before.
    """
    point: Point = {}
    while True:
        stored = Stored(point)
        architecture = space.fill(stored, image)
        names = list(stored.asked)
        point = {name: point.get(name, stored.asked[name][0]) for name in names}
        yield dict(point), architecture
        for name in reversed(names):
            values = stored.asked[name]
            following = values.index(point.pop(name)) + 1
            if following < len(values):
                point[name] = values[following]
                break
        else:
            return


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Space]:
    """Reads a space from TOML text; the file is called space.toml."""

    def read_text(text: str) -> Space:
        path = tmp_path / "space.toml"
        path.write_text(text, encoding="utf-8")
        return load_space(str(path))

    return read_text


@pytest.fixture
def points() -> Callable[[Space, Image], list[tuple[Point, Architecture]]]:
    """All points of a space."""
    return lambda space, image: list(visit_points(space, image))


@pytest.fixture
def fill_at() -> Callable[[Space, Image, Point], tuple[Architecture, dict[str, list[Scalar]]]]:
    """Fills a space at a point, with first values elsewhere: the architecture, and the values of each hole met."""

    def fill(space: Space, image: Image, point: Point) -> tuple[Architecture, dict[str, list[Scalar]]]:
        stored = Stored(point)
        return space.fill(stored, image), stored.asked

    return fill


@pytest.fixture
def digits() -> Image:
    """Grey 28×28 images of 10 classes: two stages a network."""
    return Image(channels=1, resolution=28, classes=10)
