"""What fits into a time: measured on tiny networks, and what the table says of as much compute."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas_gan.api.plan import Expected, Pace, Plan, expect, plan_lines, plan_search
from nas_gan.search.settings import SearchSettings


def test_a_plan_trains_for_a_moment_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nas_gan.api.plan.TRAINING_SECONDS", 0.05)
    settings = SearchSettings(
        space="plane",
        data="swiss_roll",
        limit=300,
        protocol="plane-1k",
        images=9_000,
        rungs=(1_000, 9_000),
        workers=2,
        precision="float32",
    )
    said: list[str] = []
    plan = plan_search(settings, 3600.0, said.append, measuring_seconds=0.0)
    assert list(tmp_path.iterdir()) == []
    assert len(plan.paces) == 3 == len(said)
    for pace in plan.paces:
        assert pace.trial_seconds == pytest.approx(9_000 / pace.images_per_second + 2 * pace.scoring_seconds)
    # Two workers for an hour, at what the three take in the mean.
    mean = sum(pace.trial_seconds for pace in plan.paces) / 3
    assert plan.trainings == int(7200 / mean)
    assert plan.trials > plan.trainings
    assert json.loads(json.dumps(plan.facts()))["workers"] == 2
    assert plan_lines(plan)[0].startswith("In 1 h 00 min on 2 × cpu, measured on 3 networks")


def test_more_compute_gains_more_on_the_table_and_no_more_than_it_knows() -> None:
    few, many, beyond = (expect(trainings, 60) for trainings in (2.0, 12.0, 1e6))
    assert expect(0.5) is None
    # A search of one training's compute has nothing to pick where the first network costs more than the mean.
    assert expect(1.0, 60) is None
    assert few is not None
    assert many is not None
    assert beyond is not None
    assert 1.5 > few.median > many.median > 0.2
    assert few.low <= few.median <= few.high
    assert beyond.trainings == beyond.architectures / 4


def test_what_is_not_known_is_said() -> None:
    pace = Pace("a", 1_000, 2_000, 100.0, 1.0, 21.0, 182.0)
    plan = Plan(60.0, 1, "cpu", (pace, pace, pace), 0, 0, None)
    assert plan_lines(plan)[-1].startswith("That is less than one trial to its end")
    little = Plan(200.0, 1, "cpu", (pace, pace, pace), 2, 1, None)
    assert plan_lines(little)[-1].startswith("That may train no trial to its end")
    more = Plan(60_000.0, 1, "cpu", (pace, pace, pace), 900, 329, Expected(16.0, 62, 0.5, 0.4, 0.6))
    assert "a pick of 0.50 times the FID of the median network, 0.40 to 0.60" in plan_lines(more)[-2]
    assert plan_lines(more)[-1] == "The table can't say what more time than that gains."
