"""Spaces at random, and a strict way to fill one at a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from nas_gan.space import Space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Architecture, Image

FillStrictly = Callable[[Space, Image, Mapping[str, Scalar]], Architecture]


class Strict:
    """Suggests a point's values, which have to be in range, and of which each has to be asked for."""

    def __init__(self, point: Mapping[str, Scalar]) -> None:
        self._point = point
        self._left = set(point)

    def suggest_categorical(self, name: str, choices: Sequence[Scalar]) -> Scalar:
        self._left.remove(name)
        assert self._point[name] in choices
        return self._point[name]

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        value = self._number(name, low, high)
        assert isinstance(value, int)
        assert (value - low) % step == 0
        return value

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        value = self._number(name, low, high)
        if step is not None:
            assert abs((value - low) / step - round((value - low) / step)) < 1e-8
        return value

    def check_nothing_is_left(self) -> None:
        assert not self._left

    def _number(self, name: str, low: float, high: float) -> int | float:
        self._left.remove(name)
        value = self._point[name]
        assert isinstance(value, int | float)
        assert not isinstance(value, bool)
        assert low <= value <= high
        return value


@pytest.fixture(scope="session")
def fill_strictly() -> FillStrictly:
    """Fills a space at a point, which has to have exactly the holes that the space asks for."""

    def fill(space: Space, image: Image, point: Mapping[str, Scalar]) -> Architecture:
        strict = Strict(point)
        architecture = space.fill(strict, image)
        strict.check_nothing_is_left()
        return architecture

    return fill
