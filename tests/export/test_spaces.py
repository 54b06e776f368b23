"""The law of every space of generators: any point is exported in every form, and each gives the same images."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.export.forms import write_forms
from nas_gan.nets import Generator
from nas_gan.space import load_space, sample
from nas_gan.spec import Architecture, Image, compute_cost

IMAGES = (
    Image(channels=1, resolution=28, classes=10),
    Image(channels=1, resolution=28, classes=0),
    Image(channels=3, resolution=32, classes=10),
    Image(channels=3, resolution=32, classes=0),
    Image(channels=2, resolution=1, classes=0),
)
IMAGES_OF_PAPERS = (*IMAGES, Image(channels=1, resolution=32), Image(channels=3, resolution=64))
FAMILIES = ("reference/", "baselines/")
MIXED = 100  # small networks that mix kinds, among which the cover is looked for, too
DRAWN = 15  # points of a space for one kind of image, among which the cover is looked for
FORMS = {"generator.safetensors", "model.py", "generator.pt2"}

Trainer = Callable[[Architecture], Generator]
Picker = Callable[[int], Architecture]


class Point(NamedTuple):
    """A point of a space; `values` are those of its generator's fields that aren't mere sizes."""

    name: str
    architecture: Architecture
    values: frozenset[str]
    macs: int


def test_points_that_cover_all_spaces_are_exported(
    tmp_path: Path,
    trained_generator: Trainer,
    pick_architecture: Picker,
    generating_names: tuple[str, ...],
) -> None:
    """Every kind that is chosen anywhere to all forms; every other value, and a point of each space, without ONNX.

    Small networks that mix kinds stand in for points where they have as many.
    """
    drawn = _draw_points(generating_names)
    assert all(drawn.values())
    points = [
        point._replace(values=point.values | {name}) for name, found in drawn.items() for point in found
    ]
    mixed = [_point(f"architecture {seed}", pick_architecture(seed)) for seed in range(MIXED)]
    kinds = {value for point in points for value in point.values if ".kind=" in value}
    chosen = list(_cover([*points, *mixed], kinds))
    rest = set().union(*(point.values for point in points)) - set().union(*(point.values for point in chosen))
    plain = list(_cover(points, rest))
    for number, point in enumerate([*chosen, *plain]):
        onnx = number < len(chosen)
        _check(tmp_path / str(number), point.name, point.architecture, trained_generator, onnx=onnx)


@settings(deadline=None, max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_architecture_is_exported(
    tmp_path_factory: pytest.TempPathFactory,
    pick_architecture: Picker,
    trained_generator: Trainer,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("forms") / "any"
    _check(folder, f"architecture {seed}", pick_architecture(seed), trained_generator, onnx=False)


def _check(
    folder: Path, name: str, architecture: Architecture, trained_generator: Trainer, *, onnx: bool
) -> None:
    folder.mkdir()
    forms = write_forms(folder, architecture, trained_generator(architecture), onnx=onnx)
    assert forms.failures == {}, name
    assert set(forms.differences) == FORMS | ({"generator.onnx"} if onnx else set()), name
    assert all(forms.differences[form] == 0 for form in FORMS), name


def _draw_points(names: Iterable[str]) -> dict[str, list[Point]]:
    """Points of each space for each kind of image that it is for; of a family, the one point of each."""
    spaces: dict[str, list[Point]] = {}
    families: dict[str, list[Point]] = {family: [] for family in FAMILIES}
    for name in names:
        family = next((one for one in FAMILIES if name.startswith(one)), None)
        if family is None:
            spaces[name] = list(_draw(name, IMAGES, DRAWN))
        else:
            (point,) = list(_draw(name, IMAGES_OF_PAPERS, 1))[:1]
            families[family].append(point)
    return spaces | families


def _draw(name: str, images: Iterable[Image], count: int) -> Iterator[Point]:
    space = load_space(name)
    for image in images:
        for seed in range(count):
            try:
                architecture = sample(space, image, random.Random(seed))
            except InputError:
                break  # the space isn't for such images
            point = _point(f"{name} {image} {seed}", architecture)
            yield point._replace(values=point.values | {str(image)})


def _point(name: str, architecture: Architecture) -> Point:
    values = frozenset(_list_values(architecture.generator.model_dump(mode="json")))
    return Point(name, architecture, values, compute_cost(architecture).generator_macs)


def _list_values(field: Any, path: str = "") -> Iterator[str]:
    """Where in a spec, apart from the number of the stage, which kind, flag or kernel is chosen."""
    if isinstance(field, dict):
        for key, value in field.items():
            yield from _list_values(value, f"{path}.{key}")
    elif isinstance(field, list):
        for value in field:
            yield from _list_values(value, path)
    elif isinstance(field, str | bool) or path.endswith("kernel"):
        yield f"{path}={field}"


def _cover(points: Iterable[Point], missing: set[str]) -> Iterator[Point]:
    """Choose a few points that have these values together: most new ones first, then the cheapest."""
    points, missing = list(points), set(missing)
    while missing:
        best = max(points, key=lambda point: (len(point.values & missing), -point.macs))
        missing -= best.values
        yield best
