"""Curves stay short, and thinning them changes no mean."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.training import CurvePoint
from nas_gan.training.curves import MAX_POINTS, Curve, extend_curve


def make_point(updates: int, images_seen: int, value: float) -> CurvePoint:
    return CurvePoint(
        images_seen=images_seen,
        updates=updates,
        discriminator_loss=value,
        generator_loss=-value,
        real_output=0.75,
        generated_output=0.25,
        discriminator_gradient_norm=2 * value,
        generator_gradient_norm=3 * value,
        images_per_second=100.0,
        discriminator_gradient_peak=4 * value,
    )


def weighted_mean(curve: Curve) -> float:
    return sum(point.updates * point.generator_loss for point in curve) / count_updates(curve)


def count_updates(curve: Curve) -> int:
    return sum(point.updates for point in curve)


def count_seconds(curve: Curve) -> float:
    return sum(point.updates / point.images_per_second for point in curve)


@settings(deadline=None, max_examples=20)
@given(length=st.integers(1, 4 * MAX_POINTS), seed=st.integers(0, 2**32 - 1))
def test_a_curve_of_any_length_stays_short_and_keeps_its_updates_means_time_and_end(
    length: int, seed: int
) -> None:
    # A length and a seed, as hypothesis by itself hardly ever draws a list long enough to be thinned.
    random = Random(seed)
    curve: Curve = ()
    points: list[CurvePoint] = []
    images_seen = 0
    for _ in range(length):
        updates = random.randint(1, 50)
        images_seen += 8 * updates
        point = make_point(updates, images_seen, random.uniform(-10.0, 10.0))
        points.append(replace(point, images_per_second=random.uniform(1.0, 1_000.0)))
        curve = extend_curve(curve, points[-1])
    everything = tuple(points)
    assert len(curve) <= MAX_POINTS
    assert count_updates(curve) == count_updates(everything)
    assert curve[-1].images_seen == images_seen
    assert [point.images_seen for point in curve] == sorted({point.images_seen for point in curve})
    assert weighted_mean(curve) == pytest.approx(weighted_mean(everything))
    assert count_seconds(curve) == pytest.approx(count_seconds(everything))


def test_a_curve_is_left_alone_up_to_its_limit_and_halved_beyond_it() -> None:
    points = tuple(make_point(50, 400 * index, 1.0) for index in range(1, MAX_POINTS + 2))
    curve: Curve = ()
    for point in points[:-1]:
        curve = extend_curve(curve, point)
    assert curve == points[:-1]
    assert [p.updates for p in extend_curve(curve, points[-1])] == [100] * (MAX_POINTS // 2) + [50]


def test_merged_neighbours_are_weighted_by_updates_and_speed_by_time() -> None:
    curve: Curve = tuple(make_point(1, image, 0.0) for image in range(1, MAX_POINTS))
    slow = replace(make_point(30, 5_000, 4.0), images_per_second=50.0)
    curve = extend_curve(curve[: MAX_POINTS - 2], make_point(10, 4_000, 8.0))
    curve = extend_curve(curve, slow)
    assert len(curve) == MAX_POINTS
    curve = extend_curve(curve, make_point(7, 6_000, 1.0))
    merged, odd = curve[-2], curve[-1]
    assert odd == make_point(7, 6_000, 1.0)
    assert merged.images_seen == 5_000
    assert merged.updates == 40
    assert merged.discriminator_loss == pytest.approx((10 * 8.0 + 30 * 4.0) / 40)
    assert merged.discriminator_gradient_peak == 4 * 8.0
    assert merged.generator_gradient_peak is None
    # As many images an update: 10 at 100 a second and 30 at 50 take 0.7 seconds.
    assert merged.images_per_second == pytest.approx(40 / 0.7)


def test_points_survive_json() -> None:
    point = make_point(3, 24, 0.5)
    assert CurvePoint(**json.loads(json.dumps(point.facts(), allow_nan=False))) == point
