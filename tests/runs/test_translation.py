"""A translation as a run: scored by hand, stopped and continued, exported, and as judge and judged."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from onnxruntime import InferenceSession
from PIL import Image
from torch import Tensor

import nas_gan
from nas_gan.api.plan import measure_speed
from nas_gan.data import DataConfig, Dataset, ImageSet
from nas_gan.data.dataset import Origin
from nas_gan.errors import InputError
from nas_gan.export import load_networks
from nas_gan.metrics.build import build_protocol
from nas_gan.metrics.extractor import Features
from nas_gan.metrics.frechet import compute_frechet_distance
from nas_gan.metrics.protocol import ProtocolRecipe
from nas_gan.metrics.reference import compute_reference
from nas_gan.metrics.scorer import Scorer
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.metrics.statistics import Moments
from nas_gan.nets import Judges, Translators, load_judges, to_uint8
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.crossval import check_players, compute_cross_table, load_player
from nas_gan.runs.record import DISCRIMINATOR_FILE, WEIGHTS_FILE, RunRecord
from nas_gan.runs.resources import check_domains
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources
from nas_gan.runs.training_run import train_through
from nas_gan.spec import Architecture
from nas_gan.training import Progress

CPU = torch.device("cpu")
BUDGETS = (8, 24)
TREE: dict[str, Any] = {
    "image": {"channels": 1, "resolution": 8, "classes": 2},
    "generator": {"kind": "translator", "width": 2, "depth": 1, "blocks": 1},
    "discriminator": {"kind": "patch", "width": 2, "layers": 1},
    "loss": {"kind": "cycle", "pool_size": 3},
    "training": {"batch_size": 2, "moving_average": 0.5, "initial": {"kind": "normal", "deviation": 0.5}},
}
ARCHITECTURE = Architecture.from_tree(TREE, "test")


class Means:
    """Sees the means of an image's quarters."""

    name, hash, preprocessing, feature_dimensions = "classifier", "means", "none", 4

    def extract(self, images: Tensor) -> Features:
        return Features(F.adaptive_avg_pool2d(images.float(), 2).flatten(1), None)


def make_set(count: int, seed: int) -> ImageSet:
    random = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, 1, 8, 8), generator=random, dtype=torch.uint8)
    return ImageSet(images, torch.arange(count) % 2)


def make_resources() -> Resources:
    train, held_out = make_set(20, 0), make_set(12, 1)
    dataset = Dataset(
        "noise", "noise", ("a", "b"), train, held_out, "f", None, Origin(make_set(16, 2), make_set(10, 3))
    )
    extractor = Means()
    data = ScoringData(train.images, train.labels, held_out.images, held_out.labels, "f")
    recipe = ProtocolRecipe("small", "classifier", 10, 1, "held_out", 2, 5, 10)
    protocol = build_protocol(recipe, data, extractor)
    scorer = Scorer(extractor, compute_reference(held_out.images, None, extractor, protocol), protocol)
    origin = make_set(16, 2).images
    return Resources(DataConfig("noise"), dataset, train.images, train.labels, scorer, CPU, origin)


def build(folder: Path, **more: Any) -> Run:
    return Run(ARCHITECTURE, make_resources(), folder, 3, BUDGETS[-1], precision="float32", **more)


def train(run: Run, stop_after: int | None = None) -> RunRecord:
    def stop(progress: Progress) -> None:
        if stop_after is not None and progress.images_seen >= stop_after:
            raise KeyboardInterrupt

    return train_through(run, BUDGETS, stop, lambda _: None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    assert train(build(folder)).outcome == "complete"
    return folder


def networks_of(folder: Path) -> tuple[Translators, Judges]:
    translators = load_networks(folder)[1]
    assert isinstance(translators, Translators)
    return translators, load_judges(ARCHITECTURE, folder / DISCRIMINATOR_FILE)


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


@torch.inference_mode()
def test_scores_are_those_of_translated_test_images_and_of_there_and_back(whole: Path) -> None:
    translators, _ = networks_of(whole)
    resources = make_resources()
    assert resources.dataset.origin is not None
    ours, theirs = resources.dataset.origin.held_out.images, resources.dataset.held_out.images
    kept = theirs[torch.linspace(0, 11, 10).long()]
    made = to_uint8(translators.forth(ours.float() / 127.5 - 1))
    moments = Moments(4)
    moments.update(Means().extract(made).features)
    errors = []
    for there, back, images in (
        (translators.forth, translators.back, ours),
        (translators.back, translators.forth, kept),
    ):
        values = images.float() / 127.5 - 1
        errors.append((back(there(values)) - values).abs().double().mean().item())
    scores = nas_gan.load_run(whole).record.rungs[-1].scores
    assert isinstance(resources.scorer, Scorer)
    distance = compute_frechet_distance(resources.scorer.reference.statistics, moments)
    assert scores.frechet_distance == pytest.approx(distance, rel=1e-5)
    assert scores.cycle_error == pytest.approx(sum(errors) / 2, rel=1e-5)
    assert size_of(whole / "samples.png") == (8 * 58 + 2, 3 * 58 + 2)  # ten pairs, four a row
    assert size_of(whole / "example.png") == (8, 8)


def test_a_run_that_was_stopped_ends_with_the_same_bits(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nas_gan.training.trainer.PROGRESS_SECONDS", 0.0)
    lines: list[str] = []
    for stop_after in (6, 14, None):
        run = build(tmp_path, checkpoints=Checkpoints(tmp_path, lines.append))
        run.resume()
        outcome = train(run, stop_after).outcome
    assert outcome == "complete"
    for name in (WEIGHTS_FILE, DISCRIMINATOR_FILE, "samples.png"):
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes(), name
    ended, expected = (nas_gan.load_run(folder).record.rungs for folder in (tmp_path, whole))
    assert [rung.scores for rung in ended] == [rung.scores for rung in expected]


@torch.inference_mode()
def test_a_translation_judges_and_is_judged(whole: Path) -> None:
    dataset = make_resources().dataset
    player = load_player(whole, "cycle", CPU)
    check_players([player], dataset)
    table = compute_cross_table([player], dataset, 10, 7, CPU)
    translators, judges = networks_of(whole)
    kept = dataset.held_out.images[torch.linspace(0, 11, 10).long()]
    assert dataset.origin is not None
    real = judges.target(kept.float() / 127.5 - 1).mean(dim=(1, 2, 3)) > 0.5
    made = translators.forth(dataset.origin.held_out.images.float() / 127.5 - 1)
    found = judges.target(made).mean(dim=(1, 2, 3)) <= 0.5
    assert table.rates[0][0] == pytest.approx((real.double().mean() + found.double().mean()).item() / 2)
    with pytest.raises(InputError, match="cycle: translates images, and noise holds none to translate"):
        check_players([player], replace(dataset, origin=None))


def test_one_domain_is_too_few_and_noise_makes_nothing(whole: Path) -> None:
    with pytest.raises(InputError, match="noise: holds images of one domain, and a translation needs two"):
        check_domains(ARCHITECTURE, replace(make_resources().dataset, origin=None))
    with pytest.raises(InputError, match="its generators translate images, and make none of noise"):
        nas_gan.load(whole)


def test_a_bundle_translates_its_example_without_nas_gan(whole: Path, tmp_path: Path) -> None:
    run = nas_gan.load_run(whole)
    with pytest.raises(InputError, match=r"discriminator can't be had of .*: a translation has two"):
        run.export(tmp_path / "bundle", discriminator=True)
    bundle = run.export(tmp_path / "bundle", onnx=True)
    assert not bundle.forms.failures
    assert {"model.py", "generator.pt2", "example.png", "card.md"} <= set(bundle.files)
    model = runpy.run_path(str(bundle.folder / "model.py"))
    example = model["read_picture"](bundle.folder / "example.png")
    translators, _ = networks_of(whole)
    with torch.inference_mode():
        torch.testing.assert_close(model["translate"](example), translators.forth(example))
        torch.testing.assert_close(model["translate"](example, back=True), translators.back(example))
    # As the card says.
    assert 'session.run(None, {"origin": images})' in (bundle.folder / "card.md").read_text()
    session = InferenceSession(bundle.folder / "generator.onnx")
    (translated,) = session.run(None, {"origin": example.numpy()})
    torch.testing.assert_close(torch.from_numpy(translated), model["translate"](example))


def test_a_plan_measures_a_translation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_gan.api.plan.TRAINING_SECONDS", 0.01)
    speed, scoring_seconds = measure_speed(ARCHITECTURE, make_resources(), "float32")
    assert speed > 0
    assert scoring_seconds > 0
