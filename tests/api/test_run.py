"""A run from its training to its bundle."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

import nas_gan
from nas_gan.data import DataConfig
from nas_gan.nets import draw_labels, draw_latents, to_uint8
from nas_gan.pictures.grid import grid_png
from nas_gan.runs.crossval import load_player


def test_what_happened_is_told_and_kept(run: nas_gan.Run, events: list[nas_gan.TrainingEvent]) -> None:
    scored = [event for event in events if isinstance(event, nas_gan.Scored)]
    assert [event.images_seen for event in scored] == [150, 300]
    assert [event.scores for event in scored] == [rung.scores for rung in run.record.rungs]
    assert run.scores == scored[-1].scores
    assert str(scored[0]).startswith("after 150 images: FID ")
    assert run.record.outcome == "complete"
    assert any(
        isinstance(event, nas_gan.TrainingProgress) and event.images_planned == 300 for event in events
    )
    again = nas_gan.load_run(run.folder)
    assert again.record == run.record


def test_images_are_the_networks(run: nas_gan.Run) -> None:
    generator, spec = run.generator, run.record.architecture.latent_generator
    made = run.generate_tensor(5, labels=3, seed=1)
    with torch.inference_mode():
        expected = generator.module(draw_latents(5, spec.latent_dim, "normal", 1), torch.full((5,), 3))
    assert torch.equal(made, to_uint8(expected))
    images = run.generate(5, labels=3, seed=1)
    assert [(image.mode, image.size) for image in images] == [("L", (16, 16))] * 5
    assert images[4].tobytes() == made[4].numpy().tobytes()
    assert torch.equal(run.generate_tensor(5, labels="3", seed=1), made)
    in_turn = run.generate_tensor(12, seed=2)
    assert torch.equal(run.generate_tensor(12, labels=draw_labels(12, 10).tolist(), seed=2), in_turn)


@pytest.mark.parametrize(
    ("count", "labels", "problem"),
    [
        (0, None, "count 0: must be at least 1"),
        (2, 10, "labels 10: classes are numbered 0 to 9"),
        (2, "ten", "labels ten: use one of 0, 1"),
        (2, [1, 2, 3], "labels 3 of them: give one for each of 2 images"),
    ],
)
def test_what_can_not_be_made_is_told(
    run: nas_gan.Run, count: int, labels: nas_gan.Labels, problem: str
) -> None:
    with pytest.raises(nas_gan.InputError, match=problem):
        run.generate(count, labels=labels)


def test_sheets_of_the_way_are_opened(run: nas_gan.Run) -> None:
    last, first = run.samples(), run.samples(after=150)
    assert last.tobytes() == Image.open(run.folder / "samples-300.png").tobytes()
    assert first.tobytes() != last.tobytes()
    with pytest.raises(nas_gan.InputError, match=r"samples-200.png: .* after 150, 300 images"):
        run.samples(after=200)
    sheet = run.generator.sheet(20, seed=5)
    assert sheet.size == Image.open(io.BytesIO(grid_png(run.generate_tensor(20, seed=5), 10))).size


def test_scoring_again_gives_the_same(run: nas_gan.Run) -> None:
    told: list[object] = []
    found = run.evaluate(protocol="classifier-1k", progress=told.append)
    assert run.scores is not None
    assert found.scores.frechet_distance == pytest.approx(run.scores.frechet_distance, rel=1e-6)
    assert found.protocol == run.record.protocol
    assert json.loads(json.dumps(found.to_dict()))["protocol"]["name"] == "classifier-1k"
    assert str(found).startswith("FID ")
    assert told == []  # its classifier was trained before
    with pytest.raises(
        nas_gan.InputError, match=r"data mnist5k: 1 channels of 28 pixels; .* or a resolution of 16"
    ):
        run.evaluate(data=nas_gan.Data("mnist5k", resolution=28), progress=told.append)
    assert told == []  # none was trained for that


def test_a_bundle_makes_the_runs_images(run: nas_gan.Run, tmp_path: Path) -> None:
    bundle = run.export(tmp_path / "bundle", discriminator=True)
    assert not bundle.forms.failures
    assert bundle.forms.differences["discriminator.safetensors"] == 0
    assert bundle.forms.differences["discriminator.py"] == 0
    players = [load_player(folder, "", torch.device("cpu")) for folder in (run.folder, tmp_path / "bundle")]
    images, labels = torch.rand(6, 1, 16, 16), torch.arange(6)
    with torch.inference_mode():
        scores = [player.discriminator(images, labels).score for player in players]
    assert torch.equal(*scores)
    loaded = nas_gan.load(tmp_path / "bundle")
    assert torch.equal(loaded.generate_tensor(16, seed=3), run.generate_tensor(16, seed=3))
    assert len(loaded.generate(16)) == 16
    with pytest.raises(nas_gan.InputError, match=r"output .*bundle: exists already"):
        run.export(tmp_path / "bundle")


def test_a_run_shows_itself_in_a_notebook(run: nas_gan.Run) -> None:
    shown = run._repr_html_()
    assert "<table>" in shown
    assert "data:image/png;base64," in shown
    assert run.record.protocol["name"] in shown
    png = run.generator._repr_png_()
    assert png is not None
    assert png.startswith(b"\x89PNG")


def test_a_seed_trains_the_same_again(run: nas_gan.Run, tmp_path: Path) -> None:
    again = nas_gan.train(run.folder, images=300, scorings=2, out=tmp_path / "again", progress=False)
    assert again.scores == run.scores
    assert again.record.data == run.record.data


def test_data_is_loaded_by_name() -> None:
    dataset = nas_gan.load_dataset(nas_gan.Data("mnist5k", resolution=16, limit=320))
    assert (dataset.train.count, dataset.resolution, dataset.classes) == (320, 16, 10)


def test_other_images_are_resized_as_those_of_the_training_were() -> None:
    record: Any = SimpleNamespace(data={"source": "photos", "resolution": 16, "limit": 90})
    assert nas_gan.Data("moved").config(record) == DataConfig("moved", resolution=16)
    assert nas_gan.Data("moved", resolution=32).config(record).resolution == 32
    assert nas_gan.Data().config(record) == DataConfig("photos", resolution=16, limit=90)


def test_a_source_that_no_record_can_name_is_refused() -> None:
    with pytest.raises(nas_gan.InputError, match="isn't UTF-8"):
        nas_gan.Data(os.fsdecode(b"nu\377")).config(None)
