"""Training is stopped and goes on; and what can't be used is told before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import nas_gan
from nas_gan.api.tracking import opened_log

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


def test_tensorboard_has_a_training(run: nas_gan.Run) -> None:
    events = EventAccumulator(str(run.folder.parent / "tensorboard" / run.folder.name)).Reload()
    assert [event.step for event in events.Scalars("score/fid")] == [150, 300]
    assert {"loss/generator", "loss/discriminator"} <= set(events.Tags()["scalars"])


def test_a_tracker_is_told_a_record_whole(run: nas_gan.Run, tmp_path: Path) -> None:
    with opened_log("tensorboard", tmp_path, "group", print) as log:
        assert log is not None
        log.whole("m0", run.record, run.folder)
    events = EventAccumulator(str(tmp_path / "tensorboard" / "m0")).Reload()
    assert [event.step for event in events.Images("samples")] == [150, 300]
    losses = [event.value for event in events.Scalars("loss/generator")]
    assert losses == pytest.approx([point["generator_loss"] for point in run.record.curve])
    said = events.Tensors("hyperparameters/text_summary")[0].tensor_proto.string_val[0].decode()
    batch = run.record.architecture.training.batch_size
    assert f"| `training.batch_size` | `{batch}` |" in said
