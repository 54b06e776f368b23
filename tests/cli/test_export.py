"""`export`: a run's folder or a study's trial becomes a bundle, or one line says why not."""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pytest
import torch
import torch.nn.functional as F
import typer
from optuna.trial import TrialState, create_trial
from PIL import Image
from torch import Tensor, nn
from typer.testing import CliRunner, Result

from nas_gan.cli.export import export
from nas_gan.errors import InputError
from nas_gan.export import load_folder
from nas_gan.metrics.scores import Scores
from nas_gan.nets import build_networks, save_network
from nas_gan.runs.record import (
    ARCHITECTURE_FILE,
    WEIGHTS_FILE,
    RungRecord,
    RunRecord,
    load_record,
    write_record,
)
from nas_gan.search.definition import StudyDefinition, create_or_continue
from nas_gan.search.storage.database import open_storage
from nas_gan.spec import Architecture, compute_cost, content_hash, recipe_hash

STUDY = "tiny-digits"


def _architecture() -> Architecture:
    tree = {
        "image": {"channels": 1, "resolution": 8, "classes": 3},
        "generator": {
            "latent_dim": 2,
            "width": 2,
            "stages": [{"spectral_norm": True}],
            "conditioning": "concat",
        },
        "discriminator": {"width": 2, "stages": [{}], "conditioning": "projection"},
    }
    return Architecture.from_tree(tree, "test")


def _record(distance: float, reused_from: int | None = None, scored: bool = True) -> RunRecord:
    architecture = _architecture()
    rung = RungRecord(
        images_seen=900,
        scores=Scores(
            images=1000,
            protocol_fingerprint="abc",
            inception_score=2.5,
            inception_score_deviation=0.25,
            frechet_distance=distance,
        ),
        training_seconds=1.0,
        scoring_seconds=1.0,
    )
    return RunRecord(
        outcome="complete",
        reason="",
        architecture=architecture,
        architecture_hash=content_hash(architecture),
        recipe_hash=recipe_hash(architecture),
        cost=compute_cost(architecture),
        data={"source": "digits", "resolution": 8, "root": None, "download": False, "limit": None},
        data_fingerprint="0123",
        class_names=("zero", "one", "two"),
        protocol={"name": "classifier-1k", "seed": 0},
        seed=5,
        precision="float32",
        images_planned=1000,
        images_seen=1000,
        rungs=(rung,) if scored else (),
        curve=(),
        reused_from=reused_from,
        device="cpu",
        versions={"torch": "2.14.1"},
        started_at="2026-11-22T00:00:00+00:00",
        wall_seconds=2.0,
    )


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a search leaves it: trial 0, the better trial 1, and trial 2 that repeats trial 0."""
    monkeypatch.chdir(tmp_path)
    records = (_record(20.0), _record(10.0), _record(20.0, reused_from=0))
    storage = open_storage("runs/studies.db", create=True)
    definition = StudyDefinition(
        space="tiny",
        space_fingerprint="1",
        data="digits",
        data_fingerprint="0123",
        channels=1,
        resolution=8,
        classes=3,
        metric="fid",
        protocol={"name": "classifier-1k"},
        images=1000,
        rungs=(100, 300, 1000),
        seed=0,
        precision="float32",
    )
    study = create_or_continue(storage, STUDY, definition)
    for number, record in enumerate(records):
        attributes = {"record": record.to_json()}
        value = record.rungs[-1].scores.frechet_distance
        study.add_trial(create_trial(state=TrialState.COMPLETE, value=value, user_attrs=attributes))
        if record.reused_from is None:
            _write_run(tmp_path / "runs" / STUDY / str(number), record, seed=number)
    assert isinstance(study, optuna.Study)
    return tmp_path


def _write_run(folder: Path, record: RunRecord, seed: int) -> None:
    folder.mkdir(parents=True)
    write_record(folder, record)
    save_network(build_networks(record.architecture, seed).generator, folder / WEIGHTS_FILE)


def _export(*arguments: object) -> Result:
    program = typer.Typer()
    program.command()(export)
    return CliRunner().invoke(program, [str(argument) for argument in arguments])


def _refusal(*arguments: object) -> str:
    error = _export(*arguments).exception
    assert isinstance(error, InputError), error
    return str(error)


def test_the_best_trial_is_exported_unless_another_is_named(workplace: Path) -> None:
    done = _export("-o", "bundle", "--json")  # the only study
    assert done.exit_code == 0, done.exception
    facts = json.loads(done.stdout)
    assert facts["source"] == f"runs/{STUDY}/1"
    assert set(facts["files"]) == {path.name for path in (workplace / "bundle").iterdir()}
    assert facts["differences"]["generator.pt2"] <= 1e-5
    card = (workplace / "bundle" / "card.md").read_text()
    assert f"trial 1 of study {STUDY}" in card
    assert "| images seen | 900 |" in card
    assert "--data digits --resolution 8 --images 900 --seed 5 --protocol classifier-1k -o DIR" in card
    assert load_record(workplace / "bundle") == _record(10.0).model_copy(update={"weights": "last"})
    assert "| weights | the last, after 900 images |" in card
    with Image.open(workplace / "bundle" / "samples.png") as samples:
        assert samples.size == (3 * 58 + 2, 8 * 58 + 2)  # a column a class

    done = _export(STUDY, "--trial", 2, "-o", "repeated")
    assert done.exit_code == 0, done.exception
    assert f"Exported runs/{STUDY}/0 to repeated\n" in done.stdout
    weights = [load_folder(workplace / name)[1].state_dict() for name in ("bundle", "repeated")]
    assert not weights[0]["stem.layers.0.weight"].equal(weights[1]["stem.layers.0.weight"])


def test_a_trial_is_named_as_everywhere(workplace: Path) -> None:
    done = _export(f"{STUDY}:best", "-o", "bundle")
    assert done.exit_code == 0, done.exception
    assert f"trial 1 of study {STUDY}" in (workplace / "bundle" / "card.md").read_text()
    assert "no such trial" in _refusal(f"{STUDY}:9", "-o", "other")


def test_a_folder_is_exported_and_its_bundle_again(workplace: Path) -> None:
    first = _export(f"runs/{STUDY}/0", "-o", "bundle")
    again = _export("bundle", "-o", "again")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "generator.pt2  (loaded again, differs by 0)" in again.stdout
    for name in ("architecture.json", "generator.safetensors", "model.py", "samples.png"):
        assert (workplace / "bundle" / name).read_bytes() == (workplace / "again" / name).read_bytes()


def test_a_form_that_fails_is_named_and_the_others_are_written(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(_: nn.Module, x: Tensor) -> Tensor:
        return F.relu(x) + torch.zeros(len(x), 1, 1, 1)  # a length that tracing makes a constant

    monkeypatch.setattr(nn.ReLU, "forward", forward)
    done = _export("--study", STUDY, "-o", "bundle", "--json")
    assert done.exit_code == 1
    facts = json.loads(done.stdout)
    assert set(facts["failures"]) == {"generator.pt2"}
    assert set(facts["differences"]) == {"generator.safetensors", "model.py"}
    assert set(facts["files"]) == {path.name for path in (workplace / "bundle").iterdir()}
    assert "generator.pt2" not in facts["files"]
    reason = facts["failures"]["generator.pt2"]
    assert done.stderr.splitlines()[-1] == f"error: generator.pt2 is left out: {reason}; use the other forms"
    assert "generator.pt2" in (workplace / "bundle" / "card.md").read_text()


def test_bad_input_is_refused_and_nothing_made(workplace: Path) -> None:
    run = f"runs/{STUDY}/0"
    for more in (("--study", STUDY), ("--trial", "1")):
        assert f"{run}: is a run; leave --study and --trial out" in _refusal(run, *more, "-o", "bundle")
    assert f"--study other: {STUDY} is named already" in _refusal(STUDY, "--study", "other", "-o", "bundle")
    assert "no such study" in _refusal("--study", "other", "-o", "bundle")
    assert "no such trial" in _refusal("--study", STUDY, "--trial", "9", "-o", "bundle")
    assert "no studies yet" in _refusal("--study", STUDY, "--storage", "other.db", "-o", "bundle")
    assert "exists already" in _refusal(run, "-o", "runs")
    assert "study nothing: no such study; there are" in _refusal("nothing", "-o", "bundle")
    missing = _refusal("--study", STUDY, "--out", "elsewhere", "-o", "bundle")
    assert f"python -m nas_gan train {STUDY}:1 -o DIR" in missing
    write_record(workplace / run, _record(1.0, scored=False))
    assert "ended before its first score" in _refusal(run, "-o", "bundle")
    (workplace / run / ARCHITECTURE_FILE).unlink()
    assert "architecture.json: not readable" in _refusal(run, "-o", "bundle")
    assert [path.name for path in workplace.iterdir()] == ["runs"]
