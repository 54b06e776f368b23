"""Training is stopped and goes on; and what can't be used is told before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nas_gan

PLANE = "reference/thesis_plane_m0_bn"


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    def train(name: str, progress: nas_gan.OnTraining | bool) -> nas_gan.Run:
        return nas_gan.train(
            PLANE,
            data="swiss_roll",
            images=4_000,
            scorings=2,
            protocol="plane-1k",
            out=tmp_path / name,
            progress=progress,
        )

    def interrupt(event: nas_gan.TrainingEvent) -> None:
        if isinstance(event, nas_gan.Scored):
            raise KeyboardInterrupt

    whole = train("whole", False)
    with pytest.raises(nas_gan.Interrupted, match=r"stopped: .* of 4,000 images; the same call goes on"):
        train("stopped", interrupt)
    assert nas_gan.load_run(tmp_path / "stopped").record.outcome == "interrupted"
    scored: list[nas_gan.TrainingEvent] = []
    again = train("stopped", scored.append)
    assert [event.images_seen for event in scored if isinstance(event, nas_gan.Scored)] == [4_000]
    assert [rung.scores for rung in again.record.rungs] == [rung.scores for rung in whole.record.rungs]
    with pytest.raises(nas_gan.InputError, match="makes points, not images"):
        again.generate(2)
    assert again.generate_tensor(3).shape == (3, 2, 1, 1)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"images": 0}, "images 0: must be at least 1"),
        ({"scorings": 0}, "scorings 0: must be at least 1"),
        ({"scorings": 2, "score_at": [10]}, "scorings 2: score_at says it already"),
        ({"images": 10, "score_at": [11]}, "score_at 11 is more than the 10 images"),
        ({"device": "tpu9"}, "device tpu9: can't be used here"),
        ({"precision": "float8"}, "precision float8: not known"),
        ({"architecture": "nope"}, "nope: no such file, folder or bundled architecture"),
        ({"data": "nope"}, "nope"),
        ({"architecture": "resdense", "data": "mnist5k"}, "resdense: has holes, so it is a space"),
    ],
)
def test_what_can_not_be_used_leaves_nothing_behind(
    tmp_path: Path, settings: dict[str, Any], problem: str
) -> None:
    given: dict[str, Any] = {"architecture": PLANE, "data": "swiss_roll", "out": tmp_path / "run"} | settings
    with pytest.raises(nas_gan.InputError, match=problem):
        nas_gan.train(**given)
    assert not (tmp_path / "run").exists()
