"""The forest finds what the scores have in common, and its choice is the same each time."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping
from dataclasses import replace

import pytest

from nas_gan.search.samplers.local import LocalSearch, LocalSettings, Observation
from nas_gan.search.samplers.local.forest import choose_best, has_forest
from nas_gan.search.samplers.local.points import Point, Points
from nas_gan.space import load_space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Image

DIGITS = Image(channels=1, resolution=28, classes=10)
SETTINGS = LocalSettings(cost_exponent=0.0)


def _score(values: Mapping[str, Scalar]) -> float:
    rate = values["optimisers.generator.learning_rate"]
    assert isinstance(rate, float)
    return (values["joint.labels"] == "conditional") + 100 * abs(rate - 4e-3)


@pytest.fixture(scope="module")
def tried() -> list[tuple[Observation, Point]]:
    """A hundred random points of the tiny space, half of them only scored early, where scores say nothing."""
    space, generator = load_space("tiny"), random.Random(0)
    points = Points(space, DIGITS)
    found = []
    for number in range(100):
        point = points.make(lambda _, domain: domain.draw(generator))
        scores = {1000: generator.random()}
        if number % 2:
            scores[9000] = _score(point.values)
        found.append((Observation(point.values, "done", scores), point))
    return found


def test_scikit_learn_is_there_where_it_is_tested() -> None:
    assert has_forest()


def test_it_tells_good_points_from_bad_ones(tried: list[tuple[Observation, Point]]) -> None:
    generator = random.Random(1)
    points = Points(load_space("tiny"), DIGITS)
    shares = []
    for _ in range(10):
        candidates = [points.make(lambda _, domain: domain.draw(generator)) for _ in range(32)]
        chosen = choose_best(candidates, tried, SETTINGS, generator)
        shares.append(statistics.mean(_score(each.values) < _score(chosen.values) for each in candidates))
    # By chance, half of the others would be better.
    assert statistics.mean(shares) < 0.3


def test_of_equal_promise_the_cheaper_is_chosen(tried: list[tuple[Observation, Point]]) -> None:
    # The forest knows no multiply-adds between those of its rows, so these two look alike to it.
    point = tried[1][1]
    dear, cheap = replace(point, macs=point.macs + 2), replace(point, macs=point.macs + 1)
    assert choose_best([dear, cheap], tried, LocalSettings(cost_exponent=1.0), random.Random(0)) is cheap
    assert choose_best([dear, cheap], tried, SETTINGS, random.Random(0)) is dear


def test_failures_are_learned_from(tried: list[tuple[Observation, Point]]) -> None:
    broken = [
        (Observation(point.values, "failed", {1000: 0.1}), point)
        if point.values["joint.labels"] == "conditional"
        else (observation, point)
        for observation, point in tried
    ]
    generator, points = random.Random(2), Points(load_space("tiny"), DIGITS)
    for _ in range(5):
        candidates = [points.make(lambda _, domain: domain.draw(generator)) for _ in range(24)]
        assert choose_best(candidates, broken, SETTINGS, generator).values["joint.labels"] == "unconditional"


def test_the_choice_among_candidates_repeats(tried: list[tuple[Observation, Point]]) -> None:
    history = [observation for observation, _ in tried]
    space = load_space("tiny")
    for seed in range(4):
        proposals = [LocalSearch(space, DIGITS, seed).propose(history) for _ in range(2)]
        assert proposals[0] == proposals[1]
    without = LocalSettings(forest_from=10**9)
    seeds = range(12)
    chosen = [LocalSearch(space, DIGITS, seed).propose(history) for seed in seeds]
    unchosen = [LocalSearch(space, DIGITS, seed, settings=without).propose(history) for seed in seeds]
    assert sum(_score(each) for each in chosen) < sum(_score(each) for each in unchosen)
