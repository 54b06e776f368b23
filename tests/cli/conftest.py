"""Real studies, made in milliseconds: trials with records as a search keeps them, without the training."""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from nas_gan.cli import main
from nas_gan.metrics.scores import Scores
from nas_gan.nets import Generator, build_networks, save_network
from nas_gan.runs.record import Outcome, RungRecord, RunRecord
from nas_gan.search.definition import StudyDefinition, create_or_continue
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space
from nas_gan.spec import Architecture, Image, compute_cost, content_hash, recipe_hash

RUNGS = (1000, 3000, 9000)
IMAGE = Image(channels=1, resolution=28, classes=10)
PROTOCOL = {"name": "classifier-1k", "extractor": "classifier", "sample_count": 1000, "seed": 0}
MakeStudy = Callable[..., optuna.Study]


def _definition(space: str, **changes: Any) -> StudyDefinition:
    definition = StudyDefinition(
        space=space,
        space_fingerprint="0" * 64,
        data="mnist5k",
        data_fingerprint="1" * 64,
        channels=IMAGE.channels,
        resolution=IMAGE.resolution,
        classes=IMAGE.classes,
        metric="fid",
        protocol=PROTOCOL,
        images=RUNGS[-1],
        rungs=RUNGS,
        seed=0,
        precision="float32",
    )
    return replace(definition, **changes)


def _rungs(scores: list[float], fingerprint: str) -> tuple[RungRecord, ...]:
    return tuple(
        RungRecord(
            images_seen=images,
            scores=Scores(
                images=5000,
                protocol_fingerprint=fingerprint,
                inception_score=10.0 - score / 50,
                inception_score_deviation=0.05,
                frechet_distance=score,
            ),
            training_seconds=3.0,
            scoring_seconds=1.0,
        )
        for images, score in zip(RUNGS, scores, strict=False)
    )


def _record(
    architecture: Architecture, outcome: Outcome, reason: str, rungs: tuple[RungRecord, ...]
) -> RunRecord:
    return RunRecord(
        outcome=outcome,
        reason=reason,
        architecture=architecture,
        architecture_hash=content_hash(architecture),
        recipe_hash=recipe_hash(architecture),
        cost=compute_cost(architecture),
        data={"source": "mnist5k"},
        data_fingerprint="1" * 64,
        class_names=tuple("0123456789"),
        protocol=PROTOCOL,
        seed=0,
        precision="float32",
        images_planned=RUNGS[-1],
        images_seen=rungs[-1].images_seen if rungs else 0,
        rungs=rungs,
        curve=(),
        reused_from=None,
        device="cpu",
        versions={"nas_gan": "0.1.0"},
        started_at="2026-01-01T00:00:00+00:00",
        wall_seconds=12.0,
    )


def _run_trial(study: optuna.Study, pick: random.Random, fingerprint: str, space: str) -> None:
    """One trial: every fifth is rejected, every third goes all the way, the others are pruned."""
    trial = study.ask()
    architecture = load_space(space).fill(trial, IMAGE)
    outcome: Outcome = "complete" if trial.number % 3 == 0 else "pruned"
    reason, state, value = "", optuna.trial.TrialState.PRUNED, None
    first = 150 + 20 * math.log10(architecture.optimisers.generator.learning_rate) + pick.uniform(0, 20)
    scores = [first, first * 0.7, first * 0.5]
    if trial.number % 5 == 4:
        outcome, reason, scores = "rejected", "20,000 parameters are more than --max-parameters 10,000", []
        state = optuna.trial.TrialState.FAIL
    elif trial.number % 7 == 1:
        outcome, reason, scores = "pruned", "the generator's loss is flat over 500 updates", scores[:1]
    elif outcome == "pruned":
        reason, scores = f"FID {first:.4g} after 1,000 images: not among the best third of 9", scores[:1]
    else:
        state, value = optuna.trial.TrialState.COMPLETE, scores[-1]
    for images, score in zip(RUNGS, scores, strict=False):
        trial.report(score, images)
    record = _record(architecture, outcome, reason, _rungs(scores, fingerprint))
    trial.set_user_attr("record", record.to_json())
    trial.set_user_attr("recipe_hash", record.recipe_hash)
    trial.set_user_attr("outcome", outcome)
    trial.set_user_attr("reason", reason)
    if state == optuna.trial.TrialState.COMPLETE:
        study.tell(trial, value)
    else:
        study.tell(trial, state=state)


@pytest.fixture(scope="session")
def make_study() -> MakeStudy:
    """Makes a study in a database: `make_study(path, "name", trials=12, metric="is")`."""

    def make(
        path: Path, name: str, trials: int = 12, space: str = "tiny", fingerprint: str = "p", **changes: Any
    ) -> optuna.Study:
        study = create_or_continue(open_storage(str(path), create=True), name, _definition(space, **changes))
        study.sampler = optuna.samplers.RandomSampler(seed=0)
        study.set_user_attr("trials_asked", 20)
        pick = random.Random(0)
        for _ in range(trials):
            _run_trial(study, pick, fingerprint, space)
        return study

    return make


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory, make_study: MakeStudy) -> Path:
    """A database with the study `digits` of 12 trials, and `young`, which has none yet. Only to be read."""
    path = tmp_path_factory.mktemp("studies") / "studies.db"
    make_study(path, "digits")
    make_study(path, "young", trials=0)
    return path


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


RunCommand = Callable[..., Ended]


@pytest.fixture
def run_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Runs the program in this process as its console script does: `run_command("status", "--json")`."""

    def run(*arguments: str, columns: int = 80) -> Ended:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["nas-gan", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main.run()
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run


def _make_generator(folder: Path, conditioning: str, **generator: Any) -> tuple[Path, Generator]:
    """A folder with a generator of 14 × 14 in 3 classes, and the generator."""
    tree = {
        "image": {"channels": 1, "resolution": 14, "classes": 3},
        "generator": {"latent_dim": 2, "width": 2, "stages": [{}], "conditioning": conditioning} | generator,
        "discriminator": {
            "width": 2,
            "stages": [{}],
            "conditioning": "none" if conditioning == "none" else "projection",
        },
        "training": {"initial": {"kind": "normal", "deviation": 0.5}},
    }
    architecture = Architecture.from_tree(tree, "test")
    made = build_networks(architecture, seed=0).generator.eval()
    folder.mkdir()
    (folder / "architecture.json").write_text(json.dumps(architecture.model_dump(mode="json")))
    save_network(made, folder / "generator.safetensors")
    return folder, made


@pytest.fixture(scope="session")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Generator]:
    """A conditional generator's folder, and the generator. Only to be read."""
    return _make_generator(tmp_path_factory.mktemp("runs") / "run", "concat")


@pytest.fixture(scope="session")
def unconditional(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Generator]:
    """An unconditional generator's folder, whose latents are uniform, and the generator. Only to be read."""
    return _make_generator(tmp_path_factory.mktemp("runs") / "run", "none", latent_distribution="uniform")
